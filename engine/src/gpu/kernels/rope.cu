// Rotary positions, and keys and values into their pages.
#include "common.cuh"

// One block a token. `qkv`: (tokens, heads + 2 * kv heads, dim), neighbours are a pair; `angles`: (positions, dim / 2), cosine and sine;
// q: (tokens, heads, dim); keys, values: (slots, kv heads, dim). A value that does not fit F16 becomes infinite, and shows.
extern "C" __global__ void rope_and_cache(
    float* q, __half* keys, __half* values, const float* qkv, const float* angles, const unsigned* positions, const unsigned* slots,
    int heads, int kv_heads, int dim
) {
    const int half_dim = dim / 2, rotated = (heads + kv_heads) * half_dim, pairs = rotated + kv_heads * half_dim;
    const float2* const row = reinterpret_cast<const float2*>(qkv) + size_t(blockIdx.x) * pairs;
    const float2* const turn = reinterpret_cast<const float2*>(angles) + size_t(positions[blockIdx.x]) * half_dim;
    const size_t slot = size_t(slots[blockIdx.x]) * kv_heads * half_dim;
    float2* const q_row = reinterpret_cast<float2*>(q) + size_t(blockIdx.x) * heads * half_dim;
    for (int i = blockIdx.y * blockDim.x + threadIdx.x; i < pairs; i += gridDim.y * blockDim.x) {
        float2 v = row[i];
        if (i < rotated) {
            const float2 t = turn[i % half_dim];
            v = make_float2(v.x * t.x - v.y * t.y, v.x * t.y + v.y * t.x);
        }
        if (i < heads * half_dim) q_row[i] = v;
        else if (i < rotated) reinterpret_cast<__half2*>(keys)[slot + i - heads * half_dim] = __floats2half2_rn(v.x, v.y);
        else reinterpret_cast<__half2*>(values)[slot + i - rotated] = __floats2half2_rn(v.x, v.y);
    }
}
