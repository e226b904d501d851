// Kernels that try the emulator itself: what CUDA promises, and what it forbids.
#include "cuda_shim.h"

// out[block] = the sum of the block's inputs, through warps and shared memory
extern "C" __global__ void self_sum(float* out, const float* in) {
    __shared__ float parts[32];
    float sum = in[blockIdx.x * blockDim.x + threadIdx.x];
    for (int bits = 16; bits; bits /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, bits);
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        float all = 0;
        for (unsigned warp = 0; warp < blockDim.x / 32; warp++) all += parts[warp];
        out[blockIdx.x] = all;
    }
}

extern "C" __global__ void self_half_barrier() {
    if (threadIdx.x < 8) return;
    __syncthreads();
}

extern "C" __global__ void self_two_barriers() {
    if (threadIdx.x < 8) {
        __syncthreads();
    } else {
        __syncthreads();
    }
}

extern "C" __global__ void self_half_warp(int* out) {
    if (threadIdx.x < 8) out[threadIdx.x] = __shfl_sync(0xffffffffu, int(threadIdx.x), 0);
}

extern "C" __global__ void self_write(int* out, int at) {
    if (threadIdx.x == 0) out[at] = 7;
}
