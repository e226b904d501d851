// What every kernel begins with: CUDA's own headers, or the shim of them when the same source is compiled for the processor
// (engine/emulator). Kernels take raw pointers and scalars, and are `extern "C"` so that the driver finds them by name.
#pragma once

#ifdef MIXTRAL_EMULATED
#include "cuda_shim.h"
// Dynamic shared memory under a name; CUDA's own words for it cannot be compiled elsewhere.
#define DYNAMIC_SHARED(type, name) type* name = reinterpret_cast<type*>(emulator::launch.shared)
#else
#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define DYNAMIC_SHARED(type, name)                              \
    extern __shared__ __align__(16) unsigned char name##_raw[]; \
    type* name = reinterpret_cast<type*>(name##_raw)
#endif

#define WARP 32
#define ALL_LANES 0xffffffffu

__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
    for (int bits = WARP / 2; bits; bits /= 2) value += __shfl_xor_sync(ALL_LANES, value, bits);
    return value;
}

__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
    for (int bits = WARP / 2; bits; bits /= 2) value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, bits));
    return value;
}

// The sum over all threads of a block of whole warps, for each of them. All threads must call it. `parts` is shared memory
// for one number a warp; it may be used again after the call.
__device__ __forceinline__ float block_sum(float value, float* parts) {
    const int warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    value = warp_sum(value);
    if (threadIdx.x % WARP == 0) parts[warp] = value;
    __syncthreads();
    float sum = 0;
    for (int i = 0; i < warps; i++) sum += parts[i];
    __syncthreads();
    return sum;
}
