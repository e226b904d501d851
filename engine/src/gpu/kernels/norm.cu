// RMS normalisation, with what comes before it (adding up the experts' answers) and after it (rows that products read).
#include "activation.cuh"

// What a norm's row becomes: x / sqrt(mean(x^2) + eps) * weight, as an activation row with zeros in its padding.
// Eight neighbouring columns a thread at a time.
__device__ __forceinline__ void write_normed(half* out, const float* row, const float* weight, int cols, float scale) {
    const int stride = activation_stride(cols);
    half* const to = out + size_t(blockIdx.x) * stride;
    for (int column = threadIdx.x * 8; column < stride; column += blockDim.x * 8) {
        float v[8];
#pragma unroll
        for (int i = 0; i < 8; i++) v[i] = column + i < cols ? row[column + i] * scale * weight[column + i] : 0.0f;
        store_activations(to, column, v);
    }
}

// One block a row. x: (rows, cols); out: activation rows
extern "C" __global__ void rms_norm(half* out, const float* x, const float* weight, int cols, float eps) {
    __shared__ float parts[WARP];
    const float* const row = x + size_t(blockIdx.x) * cols;
    float squares = 0;
    for (int column = threadIdx.x * 8; column < cols; column += blockDim.x * 8)
        for (int i = column; i < min(column + 8, cols); i++) squares += row[i] * row[i];
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
    for (int column = threadIdx.x * 8; column < cols; column += blockDim.x * 8)
        for (int i = column; i < min(column + 8, cols); i++) {
            float mixed = 0;
            for (int k = 0; k < top; k++) mixed += shares[k] * answers[size_t(k) * cols + i];
            const float sum = row[i] + mixed;
            row[i] = sum;
            squares += sum * sum;
        }
    const float scale = 1.0f / sqrtf(block_sum(squares, parts) / cols + eps);
    write_normed(out, row, weight, cols, scale);
}
