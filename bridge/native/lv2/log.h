/* What plugins say, kept for who asks. Nothing is printed. */
#ifndef AMPBOARD_LV2_LOG_H
#define AMPBOARD_LV2_LOG_H

#include <stdatomic.h>
#include <stdint.h>

#include "lv2_abi.h"

enum { LOG_CAPACITY = 8192 };

/* One plugin's last lines. Written from any thread: who finds it taken drops the line instead of waiting. */
struct log {
    struct lv2_log feature;
    atomic_flag taken;
    uint32_t size;
    char text[LOG_CAPACITY];
};

void log_create(struct log *log);

/* Off the audio thread. Copies the text so far, ended by a zero byte, and forgets it. Returns its length. */
uint32_t log_take(struct log *log, char *text, uint32_t capacity);

#endif
