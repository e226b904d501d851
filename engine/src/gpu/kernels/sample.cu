// From logits to tokens, one block a row, with the meaning and the order of the processor's sampler (sample/choose):
// penalties, temperature, top-k, top-p, min-p, draw. What only the processor can decide it is asked to: see TO_HOST.
#include "common.cuh"
#include <cfloat>

typedef unsigned long long Key;

constexpr int THREADS = 1024;
// The likeliest tokens are found without sorting the vocabulary: of the best tokens of each thread, the one of rank k is a
// bound that at least k tokens reach, and rarely many more. So the tokens above it are all of the k likeliest.
constexpr int MOST_RANK = 512;
constexpr int MOST_LIKELIEST = 2048;

// The outcome of a row: a token, or one of these with a token.
constexpr unsigned NOT_A_NUMBER = 1u << 29, PLUS_INFINITY = 2u << 29, MINUS_INFINITY = 3u << 29, TO_HOST = 4u << 29;

struct Request {
    unsigned tokens; // logits of the row that tokens have; 0: leave this row alone
    float temperature;
    unsigned top_k;
    float top_p, min_p, repetition, frequency, presence;
    unsigned random_low, random_high; // 53 random bits
    unsigned first_penalty, penalties;
};

struct Penalty {
    unsigned token;
    unsigned made; // how often it stands in the answer
};

// Greater is likelier, and of equals the smaller id; numbers are ordered as `f32::total_cmp` orders them.
__device__ __forceinline__ Key key_of(float logit, unsigned token) {
    unsigned bits = __float_as_uint(logit);
    bits ^= bits >> 31 ? 0xffffffffu : 0x80000000u;
    return static_cast<Key>(bits) << 32 | (0xffffffffu - token);
}
__device__ __forceinline__ unsigned token_of(Key key) { return 0xffffffffu - static_cast<unsigned>(key); }
__device__ __forceinline__ float logit_of(Key key) {
    unsigned bits = static_cast<unsigned>(key >> 32);
    bits ^= bits >> 31 ? 0x80000000u : 0xffffffffu;
    return __uint_as_float(bits);
}

// Sorts, greatest first (Batcher's bitonic network). `size` is a power of two; all threads take part.
__device__ __forceinline__ void sort(Key* keys, int size) {
    for (int run = 2; run <= size; run *= 2) {
        for (int apart = run / 2; apart > 0; apart /= 2) {
            for (int i = threadIdx.x; i < size / 2; i += THREADS) {
                const int low = i / apart * 2 * apart + i % apart, high = low + apart;
                const Key a = keys[low], b = keys[high];
                if ((a < b) == ((low & run) == 0)) {
                    keys[low] = b;
                    keys[high] = a;
                }
            }
            __syncthreads();
        }
    }
}

// As in CTRL and Hugging Face: the penalty always pushes towards less likely. Multiply and add are kept apart, for the
// processor rounds after each.
__device__ __forceinline__ float penalised(float logit, const Request& request, unsigned made) {
    logit = logit > 0.0f ? __fdiv_rn(logit, request.repetition) : __fmul_rn(logit, request.repetition);
    if (made > 0) {
        const float off = __fadd_rn(__fmul_rn(request.frequency, static_cast<float>(made)), request.presence);
        logit = __fadd_rn(logit, -off);
    }
    return fminf(fmaxf(logit, -FLT_MAX), FLT_MAX);
}

// The same sum whenever it is computed: in a fixed order.
__device__ double sum_in_order(double value, double* parts) {
    for (int bits = WARP / 2; bits; bits /= 2) value += __shfl_xor_sync(ALL_LANES, value, bits);
    if (threadIdx.x % WARP == 0) parts[threadIdx.x / WARP] = value;
    __syncthreads();
    double sum = 0;
    for (int i = 0; i < THREADS / WARP; i++) sum += parts[i];
    __syncthreads();
    return sum;
}

// Draws from the likeliest tokens, which are sorted. `all`: the sum of the weights of everything that top-k leaves;
// `is_whole`: whether `count` tokens are all of that. One thread does it, in the processor's order.
__device__ unsigned draw(const Request& request, const Key* likeliest, const double* weights, int count, double all, bool is_whole) {
    const double top_p = static_cast<double>(request.top_p) * all, min_p = request.min_p;
    double mass = 0;
    int kept = 0;
    for (; kept < count; kept++) {
        // The likeliest always stays, and so does the one that carries the mass over top-p.
        const bool is_over = request.top_p < 1.0f && mass >= top_p;
        if (kept > 0 && (weights[kept] < min_p || is_over)) break;
        mass += weights[kept];
    }
    double total = mass;
    if (kept == count && !is_whole) {
        // More would be kept than was sorted. Where nothing is cut off, their sum is known all the same.
        if (request.top_p < 1.0f || request.min_p > 0.0f) return TO_HOST;
        total = all;
    }
    const unsigned long long bits = static_cast<unsigned long long>(request.random_high) << 32 | request.random_low;
    double rest = static_cast<double>(bits) / 9007199254740992.0 * total;
    if (kept == count && !is_whole && rest >= mass) return TO_HOST;
    int chosen = 0;
    for (int i = 0; i < kept; i++) {
        chosen = i;
        if (rest < weights[i]) break;
        rest -= weights[i];
    }
    return token_of(likeliest[chosen]);
}

extern "C" __global__ void __launch_bounds__(THREADS) sample(
    unsigned* out,            // (rows)
    float* logits,            // (rows, stride)
    const Request* requests,  // (rows)
    const Penalty* penalties, // each token at most once a row
    float* before,            // as long as the penalties: what the penalised logits were
    int stride                // logits of a row
) {
    __shared__ Key best[THREADS], likeliest[MOST_LIKELIEST];
    __shared__ double weights[MOST_LIKELIEST];
    __shared__ unsigned bad, count, outcome;
    const Request request = requests[blockIdx.x];
    if (request.tokens == 0) {
        if (threadIdx.x == 0) out[blockIdx.x] = TO_HOST;
        return;
    }
    const int vocabulary = min(static_cast<int>(request.tokens), stride);
    float* row = logits + static_cast<size_t>(blockIdx.x) * stride;
    const int thread = threadIdx.x;
    if (thread == 0) {
        bad = vocabulary;
        count = 0;
        outcome = TO_HOST;
    }
    __syncthreads();
    unsigned mine = vocabulary;
#pragma unroll 8
    for (int i = thread; i < vocabulary; i += THREADS)
        if (!isfinite(row[i])) mine = min(mine, static_cast<unsigned>(i));
    if (mine < static_cast<unsigned>(vocabulary)) atomicMin(&bad, mine);
    __syncthreads();
    if (bad < static_cast<unsigned>(vocabulary)) {
        const float value = row[bad];
        if (thread == 0) out[blockIdx.x] = bad | (isnan(value) ? NOT_A_NUMBER : value > 0 ? PLUS_INFINITY : MINUS_INFINITY);
        return;
    }
    for (unsigned i = thread; i < request.penalties; i += THREADS) {
        const Penalty penalty = penalties[request.first_penalty + i];
        if (penalty.token >= static_cast<unsigned>(vocabulary)) continue;
        const float logit = row[penalty.token];
        before[request.first_penalty + i] = logit;
        row[penalty.token] = penalised(logit, request, penalty.made);
    }
    __syncthreads();

    Key top = 0;
#pragma unroll 8
    for (int i = thread; i < vocabulary; i += THREADS) top = max(top, key_of(row[i], i));
    if (request.temperature == 0.0f) {
        for (int bits = WARP / 2; bits; bits /= 2) top = max(top, __shfl_xor_sync(ALL_LANES, top, bits));
        if (thread % WARP == 0) best[thread / WARP] = top;
        __syncthreads();
        if (thread == 0) {
            for (int i = 1; i < THREADS / WARP; i++) top = max(top, best[i]);
            out[blockIdx.x] = token_of(top);
        }
        return;
    }
    best[thread] = top;
    __syncthreads();
    sort(best, THREADS);
    const unsigned all = vocabulary, wanted = request.top_k == 0 ? all : min(request.top_k, all);
    const Key bound = best[min(min(wanted, all), static_cast<unsigned>(MOST_RANK)) - 1];
#pragma unroll 8
    for (int i = thread; i < vocabulary; i += THREADS) {
        const Key key = key_of(row[i], i);
        if (key < bound) continue;
        const unsigned at = atomicAdd(&count, 1u);
        if (at < MOST_LIKELIEST) likeliest[at] = key;
    }
    __syncthreads();
    const bool is_cut = wanted < all; // by top-k
    if (count <= MOST_LIKELIEST && (!is_cut || count >= wanted)) {
        int size = 1;
        while (size < static_cast<int>(count)) size *= 2;
        for (int i = count + thread; i < size; i += THREADS) likeliest[i] = 0;
        __syncthreads();
        sort(likeliest, size);
        const int kept = is_cut ? wanted : count;
        const double most = logit_of(likeliest[0]), temperature = request.temperature;
        double sum = 0;
        for (int i = thread; i < kept; i += THREADS) {
            weights[i] = exp((static_cast<double>(logit_of(likeliest[i])) - most) / temperature);
            sum += weights[i];
        }
        const bool is_whole = is_cut || count == all;
        if (!is_whole) {
            sum = 0;
            for (int i = thread; i < vocabulary; i += THREADS) sum += exp((static_cast<double>(row[i]) - most) / temperature);
        }
        sum = sum_in_order(sum, reinterpret_cast<double*>(best));
        if (thread == 0) outcome = draw(request, likeliest, weights, kept, sum, is_whole);
    }
    __syncthreads();
    if (thread == 0) out[blockIdx.x] = outcome;
    if (outcome != TO_HOST) return;
    // The processor will penalise them itself.
    for (unsigned i = thread; i < request.penalties; i += THREADS) {
        const unsigned token = penalties[request.first_penalty + i].token;
        if (token < static_cast<unsigned>(vocabulary)) row[token] = before[request.first_penalty + i];
    }
}
