// What the attention kernels share: where a position lies in the paged cache, and the types of their operands.
#pragma once
#include "activation.cuh"
#include "common.cuh"

// Eight or four halves of a row of the cache, read at once.
union Halves8 {
    uint4 all;
    uint32_t word[4];
};
union Halves4 {
    uint2 all;
    uint32_t word[2];
};

// The slot of a position: its block from the sequence's table, then the place within the block.
__device__ __forceinline__ unsigned slot_of(const unsigned* table, int position, int block_size) {
    return table[position / block_size] * block_size + position % block_size;
}

// Two numbers as halves in one register, the first in the low half.
__device__ __forceinline__ uint32_t pack_halves(float low, float high) {
    const uint32_t a = __half_as_ushort(__float2half_rn(low)), b = __half_as_ushort(__float2half_rn(high));
    return a | (b << 16);
}


// 2^x to about two units in the last place; what is smaller than a normal number is zero.
__device__ __forceinline__ float fast_exp2(float x) {
#ifdef MIXTRAL_EMULATED
    return exp2f(x);
#else
    float out;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(out) : "f"(x));
    return out;
#endif
}
