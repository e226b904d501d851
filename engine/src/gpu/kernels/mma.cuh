// Tensor cores, and copies that bypass registers: the only inline PTX. Fragment layouts are those of the PTX ISA ("Matrix
// Fragments for mma.m16n8k16 with .f16", "ldmatrix", "movmatrix"); lane = 4 * group + member.
#pragma once
#include "common.cuh"
#include <cstdint>

#ifdef MIXTRAL_EMULATED
#include <vector>

namespace emulated {
inline float half_at(uint32_t word, int which) { return float(emulated_bits<__half>(uint16_t(word >> (16 * which)))); }

struct Mma { float* c; const uint32_t* a; const uint32_t* b; };
inline void mma(Mma** lanes, unsigned) {
    float a[16][16], b[16][8];
    for (int lane = 0; lane < 32; lane++) {
        const int group = lane / 4, member = lane % 4;
        for (int i = 0; i < 8; i++) a[group + i / 2 % 2 * 8][2 * member + i % 2 + i / 4 * 8] = half_at(lanes[lane]->a[i / 2], i % 2);
        for (int i = 0; i < 4; i++) b[2 * member + i % 2 + i / 2 * 8][group] = half_at(lanes[lane]->b[i / 2], i % 2);
    }
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < 4; i++) {
            const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
            float sum = 0;
            for (int k = 0; k < 16; k++) sum += a[row][k] * b[k][column];
            lanes[lane]->c[i] += sum;
        }
}

struct Load { const void* row; uint32_t* result; };
template <bool transposed>
inline void load_matrices(Load** lanes, unsigned) {
    for (int lane = 0; lane < 32; lane++)
        for (int m = 0; m < 4; m++) {
            uint16_t pair[2];
            for (int i = 0; i < 2; i++) {
                const int row = transposed ? 2 * (lane % 4) + i : lane / 4, column = transposed ? lane / 4 : 2 * (lane % 4) + i;
                pair[i] = static_cast<const uint16_t*>(lanes[8 * m + row]->row)[column];
            }
            lanes[lane]->result[m] = uint32_t(pair[1]) << 16 | pair[0];
        }
}

struct Transpose { uint32_t value, result; };
inline void transpose(Transpose** lanes, unsigned) {
    for (int lane = 0; lane < 32; lane++) {
        uint32_t out = 0;
        for (int i = 0; i < 2; i++) {
            const int row = 2 * (lane % 4) + i, column = lane / 4;
            out |= (lanes[4 * row + column / 2]->value >> (16 * (column % 2)) & 0xffff) << (16 * i);
        }
        lanes[lane]->result = out;
    }
}

// A copy is done when its thread waits for its group, not sooner: a missing wait shows.
struct Copy { void* to; const void* from; bool valid; };
struct Copies { std::vector<Copy> open; std::vector<std::vector<Copy>> groups; };
inline Copies& copies() {
    static thread_local std::vector<Copies> all(1024);
    return all[threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)];
}
} // namespace emulated
#endif

// c += a * b: a is 16 x 16 (rows, depth), b is 16 x 8 (depth, columns), halves; c is 16 x 8 floats.
__device__ __forceinline__ void mma_f16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef MIXTRAL_EMULATED
    emulated::Mma request{c, a, b};
    emulator::collective<emulated::Mma>(0xffffffffu, request, emulated::mma, "mma_f16");
#else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// Four 8 x 8 matrices of halves from shared memory. Lane i gives the address of row i % 8 of matrix i / 8 (16 bytes,
// aligned) and receives of each matrix row lane / 4, columns 2 * (lane % 4) and the next.
__device__ __forceinline__ void ldmatrix_x4(uint32_t (&r)[4], const void* shared_row) {
#ifdef MIXTRAL_EMULATED
    emulated::Load request{shared_row, r};
    emulator::collective<emulated::Load>(0xffffffffu, request, emulated::load_matrices<false>, "ldmatrix_x4");
#else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(uint32_t(__cvta_generic_to_shared(shared_row)))
                 : "memory");
#endif
}

// The same, each matrix transposed.
__device__ __forceinline__ void ldmatrix_x4_trans(uint32_t (&r)[4], const void* shared_row) {
#ifdef MIXTRAL_EMULATED
    emulated::Load request{shared_row, r};
    emulator::collective<emulated::Load>(0xffffffffu, request, emulated::load_matrices<true>, "ldmatrix_x4_trans");
#else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(uint32_t(__cvta_generic_to_shared(shared_row)))
                 : "memory");
#endif
}

// Transposes an 8 x 8 matrix of halves that lies across the warp as ldmatrix leaves it.
__device__ __forceinline__ uint32_t movmatrix_trans(uint32_t value) {
#ifdef MIXTRAL_EMULATED
    emulated::Transpose request{value, 0};
    emulator::collective<emulated::Transpose>(0xffffffffu, request, emulated::transpose, "movmatrix_trans");
    return request.result;
#else
    uint32_t out;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(out) : "r"(value));
    return out;
#endif
}

// Copies 16 aligned bytes from global to shared memory in the background; writes zeros where not `valid`.
__device__ __forceinline__ void cp_async_16(void* shared, const void* global, bool valid) {
#ifdef MIXTRAL_EMULATED
    emulated::copies().open.push_back({shared, global, valid});
#else
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(uint32_t(__cvta_generic_to_shared(shared))), "l"(global),
                 "r"(valid ? 16 : 0)
                 : "memory");
#endif
}

// Closes a group of copies.
__device__ __forceinline__ void cp_async_commit() {
#ifdef MIXTRAL_EMULATED
    emulated::Copies& mine = emulated::copies();
    mine.groups.push_back(std::move(mine.open));
    mine.open.clear();
#else
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most `N` of this thread's groups are still under way. A kernel ends with all of its groups done.
template <int N>
__device__ __forceinline__ void cp_async_wait() {
#ifdef MIXTRAL_EMULATED
    auto& groups = emulated::copies().groups;
    while (groups.size() > size_t(N)) {
        for (const emulated::Copy& copy : groups.front()) {
            if (copy.valid) memcpy(copy.to, copy.from, 16);
            else memset(copy.to, 0, 16);
        }
        groups.erase(groups.begin());
    }
#else
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
#endif
}

// Loads of what is read once, weights: past the first-level cache, which is left to what is read again. `at` is aligned.
__device__ __forceinline__ uint4 load_once(const uint4* at) {
#ifdef MIXTRAL_EMULATED
    return *at;
#else
    uint4 v;
    asm("ld.global.nc.L1::no_allocate.L2::256B.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(at));
    return v;
#endif
}
__device__ __forceinline__ uint2 load_once(const uint2* at) {
#ifdef MIXTRAL_EMULATED
    return *at;
#else
    uint2 v;
    asm("ld.global.nc.L1::no_allocate.L2::256B.v2.u32 {%0, %1}, [%2];" : "=r"(v.x), "=r"(v.y) : "l"(at));
    return v;
#endif
}
__device__ __forceinline__ uint32_t load_once(const uint32_t* at) {
#ifdef MIXTRAL_EMULATED
    return *at;
#else
    uint32_t v;
    asm("ld.global.nc.L1::no_allocate.L2::256B.u32 %0, [%1];" : "=r"(v) : "l"(at));
    return v;
#endif
}
