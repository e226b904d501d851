// From the router's logits to each token's experts, their weights, and the assignments in groups by expert.
#include "common.cuh"

// Numbers in the order of IEEE 754's totalOrder: what is no number stands above all, as on the processor.
__device__ __forceinline__ unsigned order_key(float v) {
    const unsigned bits = __float_as_uint(v);
    return bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);
}

// One token: its `top` highest logits, the first of equals, and their softmax.
// chosen, weights: (top)
__device__ __forceinline__ void choose(int* chosen, float* weights, const float* logits, int experts, int top) {
    float most = 0, sum = 0;
    unsigned last_key = 0;
    int last = -1;
    for (int k = 0; k < top; k++) {
        // The best of those that come after the last one: a lower key, or the same one and a higher number.
        unsigned best_key = 0;
        int best = -1;
        for (int e = 0; e < experts; e++) {
            const unsigned key = order_key(logits[e]);
            const bool after = k == 0 || key < last_key || (key == last_key && e > last);
            if (after && (best < 0 || key > best_key)) best = e, best_key = key;
        }
        last = best;
        last_key = best_key;
        if (k == 0) most = logits[best];
        // The softmax's own denominator cancels when the chosen are scaled to sum to 1.
        const float weight = expf(logits[best] - most);
        chosen[k] = best;
        weights[k] = weight;
        sum += weight;
    }
    for (int k = 0; k < top; k++) weights[k] /= sum;
}

// For few assignments: everything in one launch of one block. logits: (tokens, experts); chosen, weights, sorted:
// (tokens, top); offsets: (experts + 1); active: (experts), those with assignments, then -1.
// Dynamic shared memory: tokens * top + experts numbers.
extern "C" __global__ void route_few(
    int* chosen, float* weights, int* offsets, int* sorted, int* active, const float* logits, int tokens, int experts, int top
) {
    DYNAMIC_SHARED(int, own);
    const int all = tokens * top;
    int* const counts = own + all;
    for (int token = threadIdx.x; token < tokens; token += blockDim.x)
        choose(own + token * top, weights + token * top, logits + size_t(token) * experts, experts, top);
    __syncthreads();
    for (int e = threadIdx.x; e < experts; e += blockDim.x) {
        int count = 0;
        for (int a = 0; a < all; a++) count += own[a] == e;
        counts[e] = count;
    }
    __syncthreads();
    for (int e = threadIdx.x; e < experts; e += blockDim.x) {
        int before = 0, used = 0;
        for (int other = 0; other < experts; other++) {
            const bool some = counts[other] > 0;
            before += other < e ? counts[other] : 0;
            // Experts with assignments come first, each group in the order of their numbers.
            used += some && (other < e || counts[e] == 0);
            used += !some && other < e && counts[e] == 0;
        }
        offsets[e] = before;
        active[used] = counts[e] > 0 ? e : -1;
        if (e == experts - 1) offsets[experts] = all;
    }
    for (int a = threadIdx.x; a < all; a += blockDim.x) {
        const int expert = own[a];
        int place = 0;
        for (int other = 0; other < expert; other++) place += counts[other];
        for (int b = 0; b < a; b++) place += own[b] == expert;
        sorted[place] = a;
        chosen[a] = expert;
    }
}

// One thread a token.
extern "C" __global__ void route_choose(int* chosen, float* weights, const float* logits, int tokens, int experts, int top) {
    const int token = blockIdx.x * blockDim.x + threadIdx.x;
    if (token < tokens)
        choose(chosen + size_t(token) * top, weights + size_t(token) * top, logits + size_t(token) * experts, experts, top);
}

// One block an expert: how many assignments lower experts have, and where its own come, in their order.
extern "C" __global__ void route_group(int* offsets, int* sorted, const int* chosen, int all, int experts) {
    __shared__ int counts[WARP];
    __shared__ int lower;
    const int expert = blockIdx.x, warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, warps = blockDim.x / WARP;
    if (threadIdx.x == 0) lower = 0;
    __syncthreads();
    int before = 0;
    for (int a = threadIdx.x; a < all; a += blockDim.x) before += chosen[a] < expert;
    atomicAdd(&lower, before);
    __syncthreads();
    int begin = lower;
    if (threadIdx.x == 0) offsets[expert] = begin;
    for (int base = 0; base < all; base += blockDim.x) {
        const int a = base + threadIdx.x;
        const bool mine = a < all && chosen[a] == expert;
        const unsigned votes = __ballot_sync(ALL_LANES, mine);
        if (lane == 0) counts[warp] = __popc(votes);
        __syncthreads();
        int place = begin + __popc(votes & ((1u << lane) - 1)), sum = 0;
        for (int w = 0; w < warps; w++) {
            place += w < warp ? counts[w] : 0;
            sum += counts[w];
        }
        if (mine) sorted[place] = a;
        begin += sum;
        __syncthreads();
    }
    if (threadIdx.x == 0 && expert == experts - 1) offsets[experts] = all;
}

// One thread in all: which experts have assignments.
extern "C" __global__ void route_active(int* active, const int* offsets, int experts) {
    int used = 0;
    for (int e = 0; e < experts; e++)
        if (offsets[e + 1] > offsets[e]) active[used++] = e;
    while (used < experts) active[used++] = -1;
}
