#include "live.h"

#include <stdatomic.h>

static atomic_bool live_now;

void ampboard_set_live(int32_t live) {
    atomic_store(&live_now, live != 0);
}

int32_t ampboard_is_live(void) {
    return is_live();
}

bool is_live(void) {
    return atomic_load_explicit(&live_now, memory_order_relaxed);
}
