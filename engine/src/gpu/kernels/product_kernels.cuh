// The kernels of a type: products of up to 8, 16 or 32 rows at a time, and of many.
#pragma once
#include "product_few.cuh"
#include "product_many.cuh"

// Blocks that share a multiprocessor's registers. A warp keeps a tile of weights in them.
template <class F>
constexpr int few_blocks(int n) {
    return n == 1 && F::Codes::BYTES <= 3072 ? 3 : 2;
}

#define PRODUCT_FEW(name, F, N)                                                                                     \
    extern "C" __global__ void __launch_bounds__(WARP* FEW_WARPS, few_blocks<F>(N))                                 \
        product_few_##name##_##N(PRODUCT_PARAMETERS) {                                                              \
        product_few<F, N>(PRODUCT, active, count);                                                                  \
    }
#define PRODUCT_MANY(name, F)                                                                                       \
    extern "C" __global__ void __launch_bounds__(256) product_many_##name(PRODUCT_PARAMETERS, int experts) {        \
        product_many<F>(PRODUCT, experts, count);                                                                   \
    }
#define PRODUCTS(name, F)   \
    PRODUCT_FEW(name, F, 1) \
    PRODUCT_FEW(name, F, 2) \
    PRODUCT_FEW(name, F, 4) \
    PRODUCT_MANY(name, F)
