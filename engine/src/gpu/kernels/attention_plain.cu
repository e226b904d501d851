// Attention for heads of any width: one warp for each query head of each token, without tensor cores.
#include "attention.cuh"

extern "C" __global__ void attention_plain(
    const float* q,           // (tokens, heads, dim)
    const __half* keys,       // (slots, kv heads, dim)
    const __half* values,     // (slots, kv heads, dim)
    const unsigned* tiles,    // (grid y, 2): sequence, and the token within the sequence's rows
    const unsigned* starts,   // the first row of each sequence, and behind the last
    const unsigned* contexts, // how many positions each has, its rows among them
    const unsigned* tables,   // (sequences, table_stride): the blocks of each
    __half* out,              // (tokens, out_stride): activation rows
    int heads, int kv_heads, int dim, int block_size, int table_stride, int out_stride,
    float scale // of the scores, times log2(e)
) {
    DYNAMIC_SHARED(float, query); // (dim), then the sum over the values: (dim)
    float* sum = query + dim;
    const int head = blockIdx.x, kv = head / (heads / kv_heads), lane = threadIdx.x;
    const unsigned sequence = tiles[2 * blockIdx.y];
    const int token = tiles[2 * blockIdx.y + 1];
    const int start = starts[sequence], tokens = starts[sequence + 1] - start;
    const int context = contexts[sequence] - tokens + token + 1;
    const unsigned* table = tables + static_cast<size_t>(sequence) * table_stride;
    const size_t at = (static_cast<size_t>(start + token) * heads + head) * dim;
    for (int d = lane; d < dim; d += 32) {
        query[d] = q[at + d];
        sum[d] = 0;
    }
    __syncwarp();
    float most = -INFINITY, total = 0;
    for (int first = 0; first < context; first += 32) {
        const bool is_there = first + lane < context;
        const size_t slot = slot_of(table, is_there ? first + lane : context - 1, block_size);
        const size_t from = (slot * kv_heads + kv) * dim;
        float score = 0;
        for (int d = 0; d < dim; d++) score += query[d] * __half2float(keys[from + d]);
        score = is_there ? score * scale : -INFINITY;
        float largest = score;
        for (int step = 16; step > 0; step /= 2) largest = fmaxf(largest, __shfl_xor_sync(ALL_LANES, largest, step));
        largest = fmaxf(largest, most);
        const float shrink = exp2f(most - largest), weight = exp2f(score - largest);
        most = largest;
        total = total * shrink + weight;
        for (int d = lane; d < dim; d += 32) sum[d] *= shrink;
        for (int i = 0; i < min(32, context - first); i++) {
            const float its_weight = __shfl_sync(ALL_LANES, weight, i);
            const size_t its_values = __shfl_sync(ALL_LANES, static_cast<unsigned long long>(from), i);
            for (int d = lane; d < dim; d += 32) sum[d] += its_weight * __half2float(values[its_values + d]);
        }
    }
    for (int step = 16; step > 0; step /= 2) total += __shfl_xor_sync(ALL_LANES, total, step);
    __half* row = out + static_cast<size_t>(start + token) * out_stride;
    for (int d = lane; d < dim; d += 32) row[activation_index(head * dim + d)] = __float2half_rn(sum[d] / total);
}
