// Attention of one new token for each of several sequences ("flash decoding"): the paged cache is read once, in place,
// for all query heads that share a key head, and the context is split over blocks.
//
// A warp takes 16 positions at a time and multiplies on tensor cores without shared memory: both products are computed
// transposed, S^T = K Q^T and O^T = V^T P^T, so that the long side (positions, then dimensions) lies along the 16 rows of
// m16n8k16 and the heads of a group along its 8 columns. A dot product does not care in which order its terms come, so
// each lane reads 16 consecutive bytes and uses them as the fragments that they happen to fit.
#include "attention.cuh"
#include "mma.cuh"

constexpr int WARPS = 4;
constexpr int STEP = 16 * WARPS; // positions that a block takes at a time
constexpr int HEADS = 8;         // query heads of a block, the columns of a product
static_assert(WARPS * HEADS == WARP, "a lane for each warp's heads");
constexpr int MOST_SPLITS = 32;  // blocks that share a context: the last of them has a lane for each

// Dimensions of the values that a lane reads at once, of each position.
template <int DIM>
constexpr int VALUES = DIM % 64 == 0 ? 8 : 4;

// Sums of one block over its share of the context.
template <int DIM>
struct Partial {
    float most[HEADS];  // the largest score, times log2(e)
    float total[HEADS]; // the sum of 2^(score - most)
    float sum[HEADS][DIM]; // aligned to 16 bytes
};

struct Decode {
    const float* q;            // (tokens, heads, DIM)
    const __half* keys;        // (slots, kv heads, DIM)
    const __half* values;      // (slots, kv heads, DIM)
    const unsigned* sequences; // which sequences take part: (grid z)
    const unsigned* starts;    // the first row of each sequence
    const unsigned* contexts;  // how many positions each has, the new token among them
    const unsigned* tables;    // (sequences, table_stride): the blocks of each
    __half* out;               // (tokens, out_stride): activation rows
    void* partials;            // (grid z, grid y, grid x) of Partial<DIM>
    unsigned* arrived;         // (grid z, grid y): zero before and after
    int heads, kv_heads, block_size, table_stride, out_stride;
    float scale; // of the scores, times log2(e)
};

// What a lane holds of the running result: of head 2t and 2t + 1, where t = lane % 4.
template <int DIM>
struct Running {
    float most[2], total[2];
    float sum[DIM / 16][4];
};

template <int DIM>
__device__ __forceinline__ void attend_piece(
    Running<DIM>& run, const uint32_t (&q)[DIM / 32][4], const Decode& in, const unsigned* table, int kv, int first, int end, int context
) {
    constexpr int WIDE = VALUES<DIM>;
    const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    // Positions behind the end are read as the last one, and then weigh nothing.
    const int mine = min(first + lane % 16, context - 1);
    const unsigned slot = slot_of(table, mine, in.block_size);
    const size_t stride = static_cast<size_t>(in.kv_heads) * DIM;
    auto row = [&](const __half* store, int piece_position) {
        return store + __shfl_sync(ALL_LANES, slot, piece_position) * stride + static_cast<size_t>(kv) * DIM;
    };
    Halves8 k[2][DIM / 32];
    for (int i = 0; i < 2; i++) {
        const __half* key = row(in.keys, g + 8 * i) + 8 * t;
#pragma unroll
        for (int c = 0; c < DIM / 32; c++) k[i][c].all = __ldg(reinterpret_cast<const uint4*>(key + 32 * c));
    }
    uint32_t v[4][DIM / 16]; // of positions 2t, 2t + 1, 2t + 8, 2t + 9: dimensions WIDE * (8 c + g) and on
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const __half* value = row(in.values, 2 * t + i % 2 + 8 * (i / 2)) + WIDE * g;
#pragma unroll
        for (int c = 0; c < DIM / (8 * WIDE); c++) {
            if constexpr (WIDE == 8) {
                Halves8 read;
                read.all = __ldg(reinterpret_cast<const uint4*>(value + 64 * c));
#pragma unroll
                for (int w = 0; w < 4; w++) v[i][4 * c + w] = read.word[w];
            } else {
                Halves4 read;
                read.all = __ldg(reinterpret_cast<const uint2*>(value + 32 * c));
#pragma unroll
                for (int w = 0; w < 2; w++) v[i][2 * c + w] = read.word[w];
            }
        }
    }
    float s[4] = {0, 0, 0, 0}; // positions g (first two) and g + 8, heads 2t and 2t + 1
#pragma unroll
    for (int c = 0; c < DIM / 32; c++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const uint32_t a[4] = {
                k[0][c].word[2 * half], k[1][c].word[2 * half], k[0][c].word[2 * half + 1], k[1][c].word[2 * half + 1]};
            const uint32_t b[2] = {q[c][2 * half], q[c][2 * half + 1]};
            mma_f16(s, a, b);
        }
    }
#pragma unroll
    for (int i = 0; i < 4; i++) s[i] = first + g + 8 * (i / 2) < end ? s[i] * in.scale : -INFINITY;
    float shrink[2];
#pragma unroll
    for (int h = 0; h < 2; h++) {
        float most = fmaxf(s[h], s[h + 2]);
        for (int step = 4; step < 32; step *= 2) most = fmaxf(most, __shfl_xor_sync(ALL_LANES, most, step));
        most = fmaxf(most, run.most[h]);
        shrink[h] = fast_exp2(run.most[h] - most);
        run.most[h] = most;
        s[h] = fast_exp2(s[h] - most);
        s[h + 2] = fast_exp2(s[h + 2] - most);
        run.total[h] = run.total[h] * shrink[h] + (s[h] + s[h + 2]);
    }
    const uint32_t p[2] = {movmatrix_trans(pack_halves(s[0], s[1])), movmatrix_trans(pack_halves(s[2], s[3]))};
#pragma unroll
    for (int m = 0; m < DIM / 16; m++) {
        // Rows g and g + 8 of this product are the two dimensions of word m.
        const uint32_t a[4] = {
            __byte_perm(v[0][m], v[1][m], 0x5410), __byte_perm(v[0][m], v[1][m], 0x7632),
            __byte_perm(v[2][m], v[3][m], 0x5410), __byte_perm(v[2][m], v[3][m], 0x7632)};
#pragma unroll
        for (int i = 0; i < 4; i++) run.sum[m][i] *= shrink[i % 2];
        mma_f16(run.sum[m], a, p);
    }
}

// The query heads of the group as fragments; those beyond the group are zero.
template <int DIM>
__device__ __forceinline__ void read_queries(uint32_t (&q)[DIM / 32][4], const float* heads, int count) {
    const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
#pragma unroll
    for (int c = 0; c < DIM / 32; c++) {
        const float* from = heads + g * DIM + 32 * c + 8 * t;
#pragma unroll
        for (int w = 0; w < 4; w++) q[c][w] = g < count ? pack_halves(from[2 * w], from[2 * w + 1]) : 0;
    }
}

// Four neighbouring dimensions of a head, added up over shares of the context.
struct Sum {
    float4 sum = {0, 0, 0, 0};

    __device__ __forceinline__ void add(float4 its, float weight) {
        sum.x += its.x * weight;
        sum.y += its.y * weight;
        sum.z += its.z * weight;
        sum.w += its.w * weight;
    }

    // Into an activation row: `column` is a multiple of four.
    __device__ __forceinline__ void store(__half* row, int column) const {
        __half2* to = reinterpret_cast<__half2*>(row + activation_index(column));
        to[0] = __floats2half2_rn(sum.x, sum.y);
        to[1] = __floats2half2_rn(sum.z, sum.w);
    }
};

template <int DIM>
__device__ __forceinline__ void decode(const Decode& in) {
    __shared__ __align__(16) Partial<DIM> of_warps[WARPS];
    __shared__ float weights[MOST_SPLITS][HEADS]; // of shares of the context, per head
    __shared__ bool is_last;
    const int group = in.heads / in.kv_heads, tiles = (group + HEADS - 1) / HEADS;
    const int kv = blockIdx.y / tiles, first_head = blockIdx.y % tiles * HEADS;
    const int count = min(HEADS, group - first_head);
    const unsigned sequence = in.sequences[blockIdx.z];
    const int context = in.contexts[sequence];
    const int pieces = (context + STEP - 1) / STEP, splits = min(static_cast<int>(gridDim.x), pieces);
    const int split = blockIdx.x;
    // The grid is as large for every context, so that a recorded graph stays right; short ones need few blocks of it.
    if (split >= splits) return;
    const int begin = static_cast<int>(static_cast<long long>(pieces) * split / splits) * STEP;
    const int end = min(context, static_cast<int>(static_cast<long long>(pieces) * (split + 1) / splits) * STEP);
    const unsigned* table = in.tables + static_cast<size_t>(sequence) * in.table_stride;
    const size_t row = in.starts[sequence];
    const int head = kv * group + first_head;

    uint32_t q[DIM / 32][4];
    read_queries<DIM>(q, in.q + (row * in.heads + head) * DIM, count);
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    Running<DIM> run;
    run.most[0] = run.most[1] = -INFINITY;
    run.total[0] = run.total[1] = 0;
#pragma unroll
    for (int m = 0; m < DIM / 16; m++)
        for (int i = 0; i < 4; i++) run.sum[m][i] = 0;
    for (int first = begin + 16 * warp; first < end; first += STEP)
        attend_piece<DIM>(run, q, in, table, kv, first, end, context);

    Partial<DIM>& mine = of_warps[warp];
#pragma unroll
    for (int h = 0; h < 2; h++) {
        float total = run.total[h];
        for (int step = 4; step < 32; step *= 2) total += __shfl_xor_sync(ALL_LANES, total, step);
        if (g == 0) {
            mine.most[2 * t + h] = run.most[h];
            mine.total[2 * t + h] = total;
        }
    }
    constexpr int WIDE = VALUES<DIM>, WORDS = WIDE / 2;
#pragma unroll
    for (int m = 0; m < DIM / 16; m++) {
        const int d = WIDE * (8 * (m / WORDS) + g) + 2 * (m % WORDS);
        for (int i = 0; i < 4; i++) mine.sum[2 * t + i % 2][d + i / 2] = run.sum[m][i];
    }
    __syncthreads();

    __half* out = in.out + row * in.out_stride;
    const size_t share = static_cast<size_t>(blockIdx.z) * gridDim.y + blockIdx.y;
    Partial<DIM>* partials = static_cast<Partial<DIM>*>(in.partials) + share * gridDim.x;
    // A warp without a position has minus infinity and zeros: it adds nothing. The first is never such a one.
    if (threadIdx.x < WARPS * HEADS) {
        const int w = threadIdx.x / HEADS, h = threadIdx.x % HEADS;
        float most = of_warps[w].most[h];
        for (int step = HEADS; step < WARP; step *= 2) most = fmaxf(most, __shfl_xor_sync(ALL_LANES, most, step));
        const float shrink = fast_exp2(of_warps[w].most[h] - most);
        float total = of_warps[w].total[h] * shrink;
        for (int step = HEADS; step < WARP; step *= 2) total += __shfl_xor_sync(ALL_LANES, total, step);
        weights[w][h] = splits == 1 ? shrink / total : shrink;
        if (splits > 1 && w == 0 && h < count) {
            partials[split].most[h] = most;
            partials[split].total[h] = total;
        }
    }
    __syncthreads();
    for (int i = 4 * threadIdx.x; i < count * DIM; i += 4 * blockDim.x) {
        const int h = i / DIM, d = i % DIM;
        Sum all;
#pragma unroll
        for (int w = 0; w < WARPS; w++) all.add(*reinterpret_cast<const float4*>(&of_warps[w].sum[h][d]), weights[w][h]);
        if (splits == 1) all.store(out, head * DIM + i);
        else *reinterpret_cast<float4*>(&partials[split].sum[h][d]) = all.sum;
    }
    if (splits == 1) return;
    // The block that comes last adds up what all have found, and leaves the counter at zero.
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) is_last = atomicInc(&in.arrived[share], splits - 1) == splits - 1u;
    __syncthreads();
    if (!is_last) return;
    __threadfence();
    for (int h = warp; h < count; h += WARPS) {
        const float most = lane < splits ? __ldcg(&partials[lane].most[h]) : -INFINITY;
        const float total = lane < splits ? __ldcg(&partials[lane].total[h]) : 0;
        const float shrink = fast_exp2(most - warp_max(most));
        weights[lane][h] = shrink / warp_sum(total * shrink);
    }
    __syncthreads();
    for (int i = 4 * threadIdx.x; i < count * DIM; i += 4 * blockDim.x) {
        const int h = i / DIM, d = i % DIM;
        Sum all;
        // Many reads at once: each takes long, and none needs another.
#pragma unroll 8
        for (int s = 0; s < splits; s++)
            all.add(__ldcg(reinterpret_cast<const float4*>(&partials[s].sum[h][d])), weights[s][h]);
        all.store(out, head * DIM + i);
    }
}

#define ATTENTION_DECODE(DIM)                                                                                              \
    extern "C" __global__ void __launch_bounds__(32 * WARPS, 3) attention_decode_##DIM(                                    \
        const float* q, const __half* keys, const __half* values, const unsigned* sequences, const unsigned* starts,       \
        const unsigned* contexts, const unsigned* tables, __half* out, void* partials, unsigned* arrived, int heads,       \
        int kv_heads, int block_size, int table_stride, int out_stride, float scale                                        \
    ) {                                                                                                                    \
        decode<DIM>({q, keys, values, sequences, starts, contexts, tables, out, partials, arrived, heads, kv_heads,        \
                     block_size, table_stride, out_stride, scale});                                                        \
    }

ATTENTION_DECODE(32)
ATTENTION_DECODE(64)
ATTENTION_DECODE(96)
ATTENTION_DECODE(128)
