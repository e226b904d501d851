// Kernels by name, with the sizes of their arguments.
#pragma once
#include <cstddef>
#include <utility>

namespace emulator {

struct Entry {
    const char* name;
    void (*kernel)();
    void (*call)(void (*kernel)(), void* const* arguments);
    unsigned count;
    unsigned sizes[64];
};

template <class... A, std::size_t... I>
void call_with(void (*kernel)(), void* const* arguments, std::index_sequence<I...>) {
    reinterpret_cast<void (*)(A...)>(kernel)(*static_cast<A*>(arguments[I])...);
}

template <class... A>
void call_kernel(void (*kernel)(), void* const* arguments) {
    call_with<A...>(kernel, arguments, std::index_sequence_for<A...>{});
}

template <class... A>
Entry entry(const char* name, void (*kernel)(A...)) {
    static_assert(sizeof...(A) <= 64, "a kernel of more than 64 arguments");
    return Entry{name, reinterpret_cast<void (*)()>(kernel), &call_kernel<A...>, sizeof...(A), {unsigned(sizeof(A))...}};
}

} // namespace emulator
