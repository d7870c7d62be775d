#include "log.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_LINE = 512 };

/* The newest text is kept: older lines give way. */
static void append(struct log *log, const char *text, uint32_t size) {
    if (log->size + size > LOG_CAPACITY) {
        uint32_t gone = log->size + size - LOG_CAPACITY;
        memmove(log->text, log->text + gone, log->size - gone);
        log->size -= gone;
    }
    memcpy(log->text + log->size, text, size);
    log->size += size;
}

#if defined(__GNUC__)
__attribute__((format(printf, 3, 0)))
#endif
static int print_list(void *handle, uint32_t type, const char *format, va_list arguments) {
    struct log *log = handle;
    char line[LONGEST_LINE];
    (void)type;
    int length = vsnprintf(line, sizeof line, format, arguments);
    if (length <= 0 || atomic_flag_test_and_set_explicit(&log->taken, memory_order_acquire)) return length;
    append(log, line, length < LONGEST_LINE ? (uint32_t)length : LONGEST_LINE - 1);
    atomic_flag_clear_explicit(&log->taken, memory_order_release);
    return length;
}

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static int print(void *handle, uint32_t type, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = print_list(handle, type, format, arguments);
    va_end(arguments);
    return length;
}

void log_create(struct log *log) {
    log->feature = (struct lv2_log){log, print, print_list};
    atomic_flag_clear(&log->taken);
    log->size = 0;
}

uint32_t log_take(struct log *log, char *text, uint32_t capacity) {
    if (capacity == 0) return 0;
    text[0] = 0;
    if (atomic_flag_test_and_set_explicit(&log->taken, memory_order_acquire)) return 0;
    uint32_t size = log->size < capacity ? log->size : capacity - 1;
    memcpy(text, log->text + (log->size - size), size);
    text[size] = 0;
    log->size = 0;
    atomic_flag_clear_explicit(&log->taken, memory_order_release);
    return size;
}
