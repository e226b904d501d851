// Codes of a unit: what a lane loads of it, and the operands that come of it. See tile.cuh.
#pragma once
#include "tile.cuh"

// Codes in the low bits of a half, and 4 bits higher.
__device__ __forceinline__ half2 weigh_low(uint32_t codes, half2 scale16, half2 offset) {
    return __hfma2(as_half2(codes), scale16, offset);
}
__device__ __forceinline__ half2 times16(half2 v) { return __hmul2(v, __float2half2_rn(16.0f)); }

// HIGH: bits above the low 4.
template <int HIGH>
struct Codes4 {
    static constexpr int BYTES = 2048 + 512 * HIGH;
    uint4 low;
    uint2 high; // of one bit, only x
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* tile, int lane, int j) {
        low = load_weights<ONCE>(reinterpret_cast<const uint4*>(tile) + j * 32 + lane);
        if (HIGH == 1) high.x = load_weights<ONCE>(reinterpret_cast<const uint32_t*>(tile + 2048) + j * 32 + lane);
        if (HIGH == 2) high = load_weights<ONCE>(reinterpret_cast<const uint2*>(tile + 2048) + j * 32 + lane);
    }
    __device__ __forceinline__ void operands(const UnitScale& s, Operands& out) const {
        const uint32_t words[4] = {low.x, low.y, low.z, low.w};
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const half2 scale16 = times16(s.scale[r]);
#pragma unroll
            for (int i = 0; i < 4; i++) { // two pairs at once
                const uint32_t w = words[2 * r + i / 2] >> (8 * (i % 2));
                uint32_t even = w & 0x000f000f, odd = w & 0x00f000f0;
                if (HIGH == 1) {
                    const uint32_t h = shifted(high.x, 4 - 8 * r - i);
                    even |= h & 0x00100010;
                    odd |= h & 0x01000100;
                }
                if (HIGH == 2) {
                    const uint32_t h = shifted(r ? high.y : high.x, 4 - (i / 2 * 8 + i % 2 * 2));
                    even |= h & 0x00300030;
                    odd |= h & 0x03000300;
                }
                out.put(r, 2 * i, weigh_low(even, scale16, s.offset[r]));
                out.put(r, 2 * i + 1, __hfma2(as_half2(odd), s.scale[r], s.offset[r]));
            }
        }
    }
};

// HIGH: bits above the low 2.
template <int HIGH>
struct Codes2 {
    static constexpr int BYTES = 1024 + 512 * HIGH;
    uint2 low;
    uint32_t high;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* tile, int lane, int j) {
        low = load_weights<ONCE>(reinterpret_cast<const uint2*>(tile) + j * 32 + lane);
        if (HIGH) high = load_weights<ONCE>(reinterpret_cast<const uint32_t*>(tile + 1024) + j * 32 + lane);
    }
    __device__ __forceinline__ void operands(const UnitScale& s, Operands& out) const {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const half2 scale16 = times16(s.scale[r]);
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const uint32_t w = (r ? low.y : low.x) >> (i / 2 * 8 + i % 2 * 2);
                uint32_t even = w & 0x00030003, odd = w & 0x00300030;
                if (HIGH) {
                    const uint32_t h = shifted(high, 2 - 8 * r - i);
                    even |= h & 0x00040004;
                    odd |= h & 0x00400040;
                }
                out.put(r, 2 * i, weigh_low(even, scale16, s.offset[r]));
                out.put(r, 2 * i + 1, __hfma2(as_half2(odd), s.scale[r], s.offset[r]));
            }
        }
    }
};

struct Codes8 {
    static constexpr int BYTES = 4096;
    uint4 row[2];
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* tile, int lane, int j) {
#pragma unroll
        for (int r = 0; r < 2; r++) row[r] = load_weights<ONCE>(reinterpret_cast<const uint4*>(tile) + (2 * j + r) * 32 + lane);
    }
    __device__ __forceinline__ void operands(const UnitScale& s, Operands& out) const {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const half2 scale16 = times16(s.scale[r]);
            const uint32_t words[4] = {row[r].x, row[r].y, row[r].z, row[r].w};
#pragma unroll
            for (int i = 0; i < 4; i++) {
                out.put(r, 2 * i, weigh_low(words[i] & 0x00ff00ff, scale16, s.offset[r]));
                out.put(r, 2 * i + 1, weigh_low(words[i] >> 8 & 0x00ff00ff, scale16, s.offset[r]));
            }
        }
    }
};

// 4 bits that stand for the sixteen numbers of IQ4_NL, here 128 higher; ggml-common.h, kvalues_iq4nl.
struct CodesNonLinear {
    static constexpr int BYTES = 2048;
    uint4 low;
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* tile, int lane, int j) {
        low = load_weights<ONCE>(reinterpret_cast<const uint4*>(tile) + j * 32 + lane);
    }
    // Four codes, each in the low bits of a hexadecimal digit of the low half, to bytes.
    __device__ __forceinline__ static uint32_t look_up(uint32_t digits) {
        // 1, 24, 45, 63, 79, 93, 106, 118 | 129, 141, 153, 166, 181, 197, 217, 241
        const uint32_t pick = digits & 0x7777;
        const uint32_t small = __byte_perm(0x3f2d1801, 0x766a5d4f, pick), large = __byte_perm(0xa6998d81, 0xf1d9c5b5, pick);
        return __byte_perm(small, large, 0x3210 | (digits & 0x8888) >> 1);
    }
    __device__ __forceinline__ void operands(const UnitScale& s, Operands& out) const {
        const uint32_t words[4] = {low.x, low.y, low.z, low.w};
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const half2 scale16 = times16(s.scale[r]);
#pragma unroll
            for (int i = 0; i < 2; i++) {
                const uint32_t w = words[2 * r + i];
                // bytes: the first, second, third, fourth pair's first columns, and the same of the second
                const uint32_t first = look_up(w), second = look_up(w >> 16);
#pragma unroll
                for (int pair = 0; pair < 4; pair++) {
                    // A byte of each in the low bits of a half; selectors 4 to 7 take it from the second word.
                    const uint32_t codes = __byte_perm(first, second, pair * 0x11 | (pair + 4) * 0x1100) & 0x00ff00ff;
                    out.put(r, 4 * i + pair, weigh_low(codes, scale16, s.offset[r]));
                }
            }
        }
    }
};

struct Halves {
    static constexpr int BYTES = 8192;
    uint4 operand[4];
    template <bool ONCE>
    __device__ __forceinline__ void load(const uint8_t* tile, int lane, int j) {
#pragma unroll
        for (int q = 0; q < 4; q++) operand[q] = load_weights<ONCE>(reinterpret_cast<const uint4*>(tile) + (4 * j + q) * 32 + lane);
    }
    __device__ __forceinline__ void operands(const UnitScale&, Operands& out) const {
#pragma unroll
        for (int q = 0; q < 4; q++) memcpy(out.a[q], &operand[q], sizeof operand[q]);
    }
};

// A tile's format: codes, then scales.
template <class C, class S>
struct Format {
    typedef C Codes;
    typedef S Scales;
    static constexpr int BYTES = C::BYTES + S::BYTES;
    static_assert(BYTES % 16 == 0, "tiles stay aligned");
};

// F32 is two tiles of halves, one after the other: the weight, and what rounding left of it.
typedef Format<Halves, NoScale> TileF16;
typedef Format<Codes8, ScaleOfBlock<128>> TileQ8_0;
typedef Format<Codes4<0>, ScaleOfBlock<8>> TileQ4_0;
typedef Format<Codes4<0>, ScaleAndOffset> TileQ4_1;
typedef Format<Codes4<1>, ScaleOfBlock<16>> TileQ5_0;
typedef Format<Codes4<1>, ScaleAndOffset> TileQ5_1;
typedef Format<Codes2<0>, ScaleQ2K> TileQ2_K;
typedef Format<Codes2<1>, ScaleOf16<4>> TileQ3_K;
typedef Format<Codes4<0>, ScaleK> TileQ4_K;
typedef Format<Codes4<1>, ScaleK> TileQ5_K;
typedef Format<Codes4<2>, ScaleOf16<32>> TileQ6_K;
typedef Format<CodesNonLinear, ScaleOfBlock<128>> TileIQ4_NL;
typedef Format<CodesNonLinear, ScaleOf32<128>> TileIQ4_XS;
