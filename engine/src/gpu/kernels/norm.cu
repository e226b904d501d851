// RMS normalisation.
#include "common.cuh"

// out = x / sqrt(mean(x^2) + eps) * weight, one block a row. x, out: (rows, cols)
extern "C" __global__ void rms_norm(float* out, const float* x, const float* weight, int cols, float eps) {
    __shared__ float parts[WARP];
    const float* row = x + size_t(blockIdx.x) * cols;
    float squares = 0;
    for (int i = threadIdx.x; i < cols; i += blockDim.x) squares += row[i] * row[i];
    const float scale = 1.0f / sqrtf(block_sum(squares, parts) / cols + eps);
    for (int i = threadIdx.x; i < cols; i += blockDim.x) out[size_t(blockIdx.x) * cols + i] = row[i] * scale * weight[i];
}
