// Rows that indices name: of the embedding, and of those whose logits are wanted.
#include "common.cuh"

// out: (tokens, cols) F32; table: (vocabulary, cols). Grid: tokens, parts of a row.
#define EMBED(name, T, TO_FLOAT)                                                                            \
    extern "C" __global__ void embed_##name(float* out, const T* table, const unsigned* tokens, int cols) { \
        const size_t from = size_t(tokens[blockIdx.x]) * cols, to = size_t(blockIdx.x) * cols;              \
        const int i = blockIdx.y * blockDim.x + threadIdx.x;                                                \
        if (i < cols) out[to + i] = TO_FLOAT(table[from + i]);                                              \
    }
EMBED(f32, float, )
EMBED(f16, __half, __half2float)
EMBED(bf16, __nv_bfloat16, __bfloat162float)

// out[i] = x[rows[i]]. Grid: rows, parts of a row.
extern "C" __global__ void gather_rows(float* out, const float* x, const unsigned* rows, int cols) {
    const int i = blockIdx.y * blockDim.x + threadIdx.x;
    if (i < cols) out[size_t(blockIdx.x) * cols + i] = x[size_t(rows[blockIdx.x]) * cols + i];
}
