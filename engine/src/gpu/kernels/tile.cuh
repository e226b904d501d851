// Tiles: how weights lie on the device. A tile is 16 rows x 256 columns, in the order in which a warp's lanes want them, so that
// every load is 16 (8, 4) bytes a lane and whole lines a warp, and codes become operands of the tensor cores in registers.
//
// lane = 4 * group + member owns, of rows `group` and `group + 8`, the columns 64 * member to 64 * member + 63, in four units of
// 16. A unit is four operands of mma_f16: operand q has the unit's columns 4q to 4q + 3 of both rows. Which columns stand
// in which place of an operand does not matter to a sum, as long as the activations agree: activation.cuh.
//
// A code of p (an unsigned number of up to 11 bits) that stands in the low bits of a half *is* the half p * 2^-24, and 4 bits
// higher p * 2^-20: no conversion, only a multiplication with a scale that has the power of two in it. Scales on the device are
// therefore stored times 2^20, and times a power of two that brings a row's largest scale to 2^-10 .. 2^-9 (product/repack);
// sums of a row are divided by the latter at the end.
//
// Planes of a tile, each in the order [unit][lane]; r is 0 for row `group`, 1 for `group + 8`:
//   low 4 bits   16 bytes: words [r][columns 0-7, 8-15]; of pair p (two columns) bits 4p and 16 + 4p
//   8 bits       [unit][r][lane] 16 bytes: words of 4 columns, bytes in the order 0, 2, 1, 3
//   2 bits       8 bytes: word [r]; of pair p bits x and 16 + x, x = 0, 4, 2, 6, 8, 12, 10, 14
//   1 bit        4 bytes; of pair p of row r bits x and 16 + x, x = 8r + (0, 4, 1, 5, 2, 6, 3, 7)
//   halves       [unit][operand][lane] 16 bytes: an operand's four registers
#pragma once
#include "activation.cuh"
#include "mma.cuh"

#define TILE_ROWS 16

__device__ __forceinline__ half2 as_half2(uint32_t bits) {
    half2 v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
__device__ __forceinline__ uint32_t as_bits(half2 v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
// left by `n` bits; right where it is negative
__device__ __forceinline__ uint32_t shifted(uint32_t v, int n) { return n >= 0 ? v << n : v >> -n; }

// ONCE: what only one warp reads passes by the first-level cache; what two read does not.
template <bool ONCE, class T>
__device__ __forceinline__ T load_weights(const T* at) {
    return ONCE ? load_once(at) : __ldg(at);
}

// What the codes of a unit mean: weight = code * scale + offset, for both rows. `scale` is times 2^20.
struct UnitScale {
    half2 scale[2], offset[2];
};

// From the two rows' numbers side by side to one of each.
__device__ __forceinline__ UnitScale unit_scale(half2 scale, half2 offset) {
    return {{__half2half2(__low2half(scale)), __half2half2(__high2half(scale))},
            {__half2half2(__low2half(offset)), __half2half2(__high2half(offset))}};
}

// Four operands; [operand][register]. Register 0: row r = 0, first pair; 1: r = 1, first pair; 2 and 3: second pair.
struct Operands {
    uint32_t a[4][4];
    __device__ __forceinline__ void put(int r, int pair, half2 v) { a[pair / 2][pair % 2 * 2 + r] = as_bits(v); }
};

// ---- Scales. Each has what a lane loads of a tile, and the scale of one of its units.

// One scale for 32 columns: of two sub-blocks both rows. `offset` is what a weight is without its code, in scales * 2^-20.
template <int OFFSET>
struct ScaleOfBlock {
    static constexpr int BYTES = 256;
    uint2 raw;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* at, int lane) { raw = load_weights<ONCE>(reinterpret_cast<const uint2*>(at) + lane); }
    __device__ __forceinline__ UnitScale unit(int j) const {
        const half2 scale = as_half2(j < 2 ? raw.x : raw.y);
        return unit_scale(scale, __hmul2(scale, __float2half2_rn(-OFFSET / 1048576.0f)));
    }
};

// A scale and an offset for 32 columns.
struct ScaleAndOffset {
    static constexpr int BYTES = 512;
    uint4 raw;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* at, int lane) { raw = load_weights<ONCE>(reinterpret_cast<const uint4*>(at) + lane); }
    __device__ __forceinline__ UnitScale unit(int j) const {
        return j < 2 ? unit_scale(as_half2(raw.x), as_half2(raw.z)) : unit_scale(as_half2(raw.y), as_half2(raw.w));
    }
};

// A number of up to 10 bits in each half of a word, as two halves.
__device__ __forceinline__ half2 numbers(uint32_t bits, float bias = 0) {
    return __hadd2(as_half2(bits | 0x64006400), __float2half2_rn(-1024.0f - bias));
}
// The same times 2^-10.
__device__ __forceinline__ half2 small_numbers(uint32_t bits) {
    return __hfma2(as_half2(bits | 0x64006400), __float2half2_rn(0.0009765625f), __float2half2_rn(-1.0f));
}

// Q4_K, Q5_K: 6 bits of scale and of minimum for 32 columns. Per lane a word, a half for each row: scale 0 (6 bits),
// minimum 0 (6), scale 1 (its low 4); then 2 bytes, one for each row: scale 1 (its high 2), minimum 1 (6). Then per group
// the scales' and the minimums' own scales; the latter times 2^10.
struct ScaleK {
    static constexpr int BYTES = 256;
    uint32_t low;
    uint16_t high;
    uint2 super;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* at, int lane) {
        low = load_weights<ONCE>(reinterpret_cast<const uint32_t*>(at) + lane);
        high = __ldg(reinterpret_cast<const uint16_t*>(at + 128) + lane);
        super = load_weights<ONCE>(reinterpret_cast<const uint2*>(at + 192) + lane / 4);
    }
    __device__ __forceinline__ UnitScale unit(int j) const {
        uint32_t scale, minimum;
        if (j < 2) {
            scale = low & 0x003f003f;
            minimum = low >> 6 & 0x003f003f;
        } else {
            const uint32_t rest = __byte_perm(high, 0, 0x4140);
            scale = (low >> 12 & 0x000f000f) | (rest << 4 & 0x00300030);
            minimum = rest >> 2 & 0x003f003f;
        }
        const half2 negative = as_half2(super.y ^ 0x80008000);
        return unit_scale(__hmul2(as_half2(super.x), numbers(scale)), __hmul2(negative, small_numbers(minimum)));
    }
};

// Q2_K: 4 bits of scale and of minimum for 16 columns. Per lane a word of scales, a half for each row, and one of minimums.
struct ScaleQ2K {
    static constexpr int BYTES = 320;
    uint2 raw, super;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* at, int lane) {
        raw = load_weights<ONCE>(reinterpret_cast<const uint2*>(at) + lane);
        super = load_weights<ONCE>(reinterpret_cast<const uint2*>(at + 256) + lane / 4);
    }
    __device__ __forceinline__ UnitScale unit(int j) const {
        const half2 negative = as_half2(super.y ^ 0x80008000);
        return unit_scale(__hmul2(as_half2(super.x), numbers(raw.x >> (4 * j) & 0x000f000f)),
                          __hmul2(negative, small_numbers(raw.y >> (4 * j) & 0x000f000f)));
    }
};

// Q6_K, Q3_K: a signed byte of scale for 16 columns, stored 128 higher. Per lane words of two units: bytes [row][unit].
template <int OFFSET>
struct ScaleOf16 {
    static constexpr int BYTES = 288;
    uint2 raw;
    uint32_t super;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* at, int lane) {
        raw = load_weights<ONCE>(reinterpret_cast<const uint2*>(at) + lane);
        super = load_weights<ONCE>(reinterpret_cast<const uint32_t*>(at + 256) + lane / 4);
    }
    __device__ __forceinline__ UnitScale unit(int j) const {
        const uint32_t bytes = (j < 2 ? raw.x : raw.y) >> (8 * (j & 1)) & 0x00ff00ff;
        const half2 scale = __hmul2(as_half2(super), numbers(bytes, 128));
        return unit_scale(scale, __hmul2(scale, __float2half2_rn(-OFFSET / 1048576.0f)));
    }
};

// IQ4_XS: a signed byte of scale for 32 columns, stored 128 higher. Per lane one word: bytes [row][sub-block].
template <int OFFSET>
struct ScaleOf32 {
    static constexpr int BYTES = 160;
    uint32_t raw, super;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* at, int lane) {
        raw = load_weights<ONCE>(reinterpret_cast<const uint32_t*>(at) + lane);
        super = load_weights<ONCE>(reinterpret_cast<const uint32_t*>(at + 128) + lane / 4);
    }
    __device__ __forceinline__ UnitScale unit(int j) const {
        const half2 scale = __hmul2(as_half2(super), numbers(raw >> (8 * (j / 2)) & 0x00ff00ff, 128));
        return unit_scale(scale, __hmul2(scale, __float2half2_rn(-OFFSET / 1048576.0f)));
    }
};

struct NoScale {
    static constexpr int BYTES = 0;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t*, int) {}
    __device__ __forceinline__ UnitScale unit(int) const { return {}; }
};
