// RMS normalisation, with what comes before it (adding up the experts' answers) and after it (rows that products read).
#include "activation.cuh"

// Eight neighbours of a row from a multiple of 8 on, zeros behind its end. Rows of whole fours are read in fours.
__device__ __forceinline__ void load8(float (&v)[8], const float* row, int column, int cols) {
    if (cols % 4 == 0 && column + 8 <= cols) {
        const float4 a = *reinterpret_cast<const float4*>(row + column), b = *reinterpret_cast<const float4*>(row + column + 4);
        v[0] = a.x, v[1] = a.y, v[2] = a.z, v[3] = a.w, v[4] = b.x, v[5] = b.y, v[6] = b.z, v[7] = b.w;
        return;
    }
#pragma unroll
    for (int i = 0; i < 8; i++) v[i] = column + i < cols ? row[column + i] : 0.0f;
}

// What a norm's row becomes: x / sqrt(mean(x^2) + eps) * weight, as an activation row with zeros in its padding.
// Eight neighbouring columns a thread at a time.
__device__ __forceinline__ void write_normed(half* out, const float* row, const float* weight, int cols, float scale) {
    const int stride = activation_stride(cols);
    half* const to = out + size_t(blockIdx.x) * stride;
    for (int column = threadIdx.x * 8; column < stride; column += blockDim.x * 8) {
        float v[8], w[8];
        load8(v, row, column, cols);
        load8(w, weight, column, cols);
#pragma unroll
        for (int i = 0; i < 8; i++) v[i] = v[i] * scale * w[i];
        store_activations(to, column, v);
    }
}

// One block a row. x: (rows, cols); out: activation rows
extern "C" __global__ void rms_norm(half* out, const float* x, const float* weight, int cols, float eps) {
    __shared__ float parts[WARP];
    const float* const row = x + size_t(blockIdx.x) * cols;
    float squares = 0;
    for (int column = threadIdx.x * 8; column < cols; column += blockDim.x * 8) {
        float v[8];
        load8(v, row, column, cols);
#pragma unroll
        for (int i = 0; i < 8; i++) squares += v[i] * v[i];
    }
    const float scale = 1.0f / sqrtf(block_sum(squares, parts) / cols + eps);
    write_normed(out, row, weight, cols, scale);
}

// First adds the experts' answers to the row: x += sum of weights * y. y: (rows, top, cols); weights: (rows, top)
extern "C" __global__ void combine_rms_norm(
    half* out, float* x, const float* y, const float* weights, const float* weight, int cols, int top, float eps
) {
    __shared__ float parts[WARP];
    float* const row = x + size_t(blockIdx.x) * cols;
    const float* const answers = y + size_t(blockIdx.x) * top * cols;
    const float* const shares = weights + size_t(blockIdx.x) * top;
    float squares = 0;
    // The same columns of a thread as in write_normed, so that nothing must be waited for but the sum.
    for (int column = threadIdx.x * 8; column < cols; column += blockDim.x * 8) {
        float v[8], mixed[8] = {};
        load8(v, row, column, cols);
        for (int k = 0; k < top; k++) {
            float answer[8];
            load8(answer, answers + size_t(k) * cols, column, cols);
#pragma unroll
            for (int i = 0; i < 8; i++) mixed[i] += shares[k] * answer[i];
        }
#pragma unroll
        for (int i = 0; i < 8; i++) {
            v[i] += mixed[i];
            if (column + i < cols) row[column + i] = v[i];
            squares += v[i] * v[i];
        }
    }
    const float scale = 1.0f / sqrtf(block_sum(squares, parts) / cols + eps);
    write_normed(out, row, weight, cols, scale);
}
