// CUDA's builtins for the processor: as much of them as the engine's kernels use. See runtime.h for how threads run.
#pragma once
#include "runtime.h"
#include <algorithm>
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <math.h>
#if defined(__F16C__)
#include <immintrin.h>
#endif

#ifdef MIXTRAL_SCAN
#define __global__ MIXTRAL_KERNEL_MARK
#else
#define __global__
#endif
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
// One block at a time runs on a thread. Contents are those of the block before, as on a GPU.
#define __shared__ static thread_local
#define __constant__ static const

#define threadIdx (emulator::current->thread)
#define blockIdx (emulator::launch.block)
#define blockDim (emulator::launch.threads)
#define gridDim (emulator::launch.grid)
#define warpSize 32

#define __syncthreads() emulator::barrier(__FILE__, __LINE__)
#define __syncthreads_or(v) (emulator::barrier(__FILE__, __LINE__, (v) != 0), int(emulator::launch.yes > 0))
#define __syncthreads_and(v) (emulator::barrier(__FILE__, __LINE__, (v) != 0), int(emulator::launch.yes == emulator::launch.votes))
#define __syncthreads_count(v) (emulator::barrier(__FILE__, __LINE__, (v) != 0), int(emulator::launch.yes))
inline void __threadfence() {}
inline void __threadfence_block() {}

// ---- vectors
#define MIXTRAL_VECTORS(T, name, size)                                                                                        \
    struct alignas(2 * size) name##2 { T x, y; };                                                                             \
    struct name##3 { T x, y, z; };                                                                                            \
    struct alignas(4 * size > 16 ? 16 : 4 * size) name##4 { T x, y, z, w; };                                                  \
    inline name##2 make_##name##2(T x, T y) { return {x, y}; }                                                                \
    inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
MIXTRAL_VECTORS(int, int, 4)
MIXTRAL_VECTORS(float, float, 4)
MIXTRAL_VECTORS(double, double, 8)
MIXTRAL_VECTORS(short, short, 2)
MIXTRAL_VECTORS(unsigned short, ushort, 2)
MIXTRAL_VECTORS(signed char, char, 1)
MIXTRAL_VECTORS(unsigned char, uchar, 1)
inline float3 make_float3(float x, float y, float z) { return {x, y, z}; }

// ---- numbers
using std::max;
using std::min;
inline float max(float a, double b) { return float(std::max(double(a), b)); }
inline unsigned min(unsigned a, int b) { return std::min(a, unsigned(b)); }
inline unsigned min(int a, unsigned b) { return std::min(unsigned(a), b); }
inline unsigned max(unsigned a, int b) { return std::max(a, unsigned(b)); }
inline unsigned max(int a, unsigned b) { return std::max(unsigned(a), b); }
template <class To, class From>
inline To emulated_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "the same size");
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
inline int __float_as_int(float v) { return emulated_bits<int>(v); }
inline unsigned __float_as_uint(float v) { return emulated_bits<unsigned>(v); }
inline float __int_as_float(int v) { return emulated_bits<float>(v); }
inline float __uint_as_float(unsigned v) { return emulated_bits<float>(v); }
inline float rsqrtf(float v) { return 1.0f / sqrtf(v); }
inline float __expf(float v) { return expf(v); }
inline float __logf(float v) { return logf(v); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float v) { return 1.0f / v; }
inline float __fsqrt_rn(float v) { return sqrtf(v); }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline int __float2int_rn(float v) { return int(nearbyintf(v)); }
inline int __float2int_rz(float v) { return int(v); }
inline float __int2float_rn(int v) { return float(v); }
inline float __saturatef(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }
inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline int __clz(int v) { return v ? __builtin_clz(unsigned(v)) : 32; }
inline unsigned __brev(unsigned v) {
    unsigned out = 0;
    for (int i = 0; i < 32; i++) out |= (v >> i & 1) << (31 - i);
    return out;
}
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    uint64_t both = uint64_t(b) << 32 | a;
    unsigned out = 0;
    for (int i = 0; i < 4; i++) {
        unsigned pick = selector >> (4 * i) & 15;
        unsigned byte = unsigned(both >> (8 * (pick & 7))) & 255;
        if (pick & 8) byte = byte & 128 ? 255 : 0;
        out |= byte << (8 * i);
    }
    return out;
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return unsigned((uint64_t(high) << 32 | low) >> (shift & 31));
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return unsigned((uint64_t(high) << 32 | low) << (shift & 31) >> 32);
}
inline int __dp4a(int a, int b, int c) {
    for (int i = 0; i < 4; i++) c += int(int8_t(a >> (8 * i))) * int(int8_t(b >> (8 * i)));
    return c;
}
inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
    for (int i = 0; i < 4; i++) c += (a >> (8 * i) & 255) * (b >> (8 * i) & 255);
    return c;
}
template <class F>
inline unsigned emulated_bytes(unsigned a, unsigned b, F f) {
    unsigned out = 0;
    for (int i = 0; i < 4; i++) out |= (unsigned(f(a >> (8 * i) & 255, b >> (8 * i) & 255)) & 255) << (8 * i);
    return out;
}
inline unsigned __vsub4(unsigned a, unsigned b) { return emulated_bytes(a, b, [](unsigned a, unsigned b) { return a - b; }); }
inline unsigned __vadd4(unsigned a, unsigned b) { return emulated_bytes(a, b, [](unsigned a, unsigned b) { return a + b; }); }
inline unsigned __vcmpeq4(unsigned a, unsigned b) {
    return emulated_bytes(a, b, [](unsigned a, unsigned b) { return a == b ? 255u : 0u; });
}
inline unsigned __vcmpne4(unsigned a, unsigned b) {
    return emulated_bytes(a, b, [](unsigned a, unsigned b) { return a != b ? 255u : 0u; });
}
inline unsigned __vsubss4(unsigned a, unsigned b) {
    return emulated_bytes(a, b, [](unsigned a, unsigned b) {
        int d = int(int8_t(a)) - int(int8_t(b));
        return unsigned(d < -128 ? -128 : d > 127 ? 127 : d);
    });
}

// ---- memory
template <class T>
inline T __ldg(const T* at) { return *at; }
template <class T>
inline T __ldcs(const T* at) { return *at; }
template <class T>
inline T __ldcg(const T* at) { return *at; }
template <class T>
inline void __stcs(T* at, T value) { *at = value; }
template <class T, class V>
inline T atomicAdd(T* at, V value) { T old = *at; *at = T(old + T(value)); return old; }
template <class T, class V>
inline T atomicMax(T* at, V value) { T old = *at; if (T(value) > old) *at = T(value); return old; }
template <class T, class V>
inline T atomicMin(T* at, V value) { T old = *at; if (T(value) < old) *at = T(value); return old; }
template <class T, class V>
inline T atomicOr(T* at, V value) { T old = *at; *at = T(old | T(value)); return old; }
template <class T, class V>
inline T atomicExch(T* at, V value) { T old = *at; *at = T(value); return old; }
inline unsigned atomicInc(unsigned* at, unsigned most) { unsigned old = *at; *at = old >= most ? 0 : old + 1; return old; }
template <class T>
inline T atomicCAS(T* at, T compare, T value) { T old = *at; if (old == compare) *at = value; return old; }

// ---- warps
namespace emulator {
template <class T>
struct Shuffle { T value; int source; T result; };
template <class T>
void shuffle(Shuffle<T>** lanes, unsigned) {
    for (int i = 0; i < 32; i++)
        if (lanes[i]) {
            Shuffle<T>* from = lanes[lanes[i]->source];
            // A lane that takes no part has no value: all bits set is no number.
            if (from) lanes[i]->result = from->value;
            else memset(&lanes[i]->result, 0xff, sizeof(T));
        }
}
template <class T>
T shuffled(unsigned mask, T value, int source) {
    Shuffle<T> request{value, source, value};
    collective<Shuffle<T>>(mask, request, shuffle<T>, "a shuffle", 0);
    return request.result;
}
struct Vote { bool value; unsigned result; };
inline void ballot(Vote** lanes, unsigned) {
    unsigned all = 0;
    for (int i = 0; i < 32; i++) all |= unsigned(lanes[i] && lanes[i]->value) << i;
    for (int i = 0; i < 32; i++) if (lanes[i]) lanes[i]->result = all;
}
inline void sync_warp(Vote**, unsigned) {}
inline int lane() { return int(current->lane); }
} // namespace emulator

template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    int lane = emulator::lane();
    return emulator::shuffled(mask, value, (lane & ~(width - 1)) + (source & (width - 1)));
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
    int lane = emulator::lane(), source = lane ^ bits;
    return emulator::shuffled(mask, value, (source & ~(width - 1)) > (lane & ~(width - 1)) ? lane : source);
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32) {
    int lane = emulator::lane(), source = lane + int(by);
    return emulator::shuffled(mask, value, source > (lane | (width - 1)) ? lane : source);
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32) {
    int lane = emulator::lane(), source = lane - int(by);
    return emulator::shuffled(mask, value, source < (lane & ~(width - 1)) ? lane : source);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
    emulator::Vote request{predicate != 0, 0};
    emulator::collective<emulator::Vote>(mask, request, emulator::ballot, "a ballot", 0);
    return request.result;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }
inline void __syncwarp(unsigned mask = 0xffffffff) {
    emulator::Vote request{true, 0};
    emulator::collective<emulator::Vote>(mask, request, emulator::sync_warp, "__syncwarp", 0);
}
template <class T, class F>
inline T emulated_reduce(unsigned mask, T value, F f) {
    T out = value;
    for (int i = 0; i < 32; i++) {
        T other = __shfl_sync(mask, value, i);
        if (mask >> i & 1 && i != emulator::lane()) out = f(out, other);
    }
    return out;
}
inline unsigned __reduce_add_sync(unsigned mask, unsigned v) { return emulated_reduce(mask, v, [](unsigned a, unsigned b) { return a + b; }); }
inline int __reduce_add_sync(unsigned mask, int v) { return emulated_reduce(mask, v, [](int a, int b) { return a + b; }); }
inline unsigned __reduce_max_sync(unsigned mask, unsigned v) { return emulated_reduce(mask, v, [](unsigned a, unsigned b) { return std::max(a, b); }); }
inline int __reduce_max_sync(unsigned mask, int v) { return emulated_reduce(mask, v, [](int a, int b) { return std::max(a, b); }); }
inline unsigned __reduce_min_sync(unsigned mask, unsigned v) { return emulated_reduce(mask, v, [](unsigned a, unsigned b) { return std::min(a, b); }); }
inline int __reduce_min_sync(unsigned mask, int v) { return emulated_reduce(mask, v, [](int a, int b) { return std::min(a, b); }); }

#include "half_shim.h"
