/* A thread that sleeps until it is woken. */
#ifndef AMPBOARD_LV2_WAKE_H
#define AMPBOARD_LV2_WAKE_H

#include <stdbool.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

struct wake {
    HANDLE native;
};

static inline bool wake_create(struct wake *wake) { return (wake->native = CreateSemaphoreA(NULL, 0, 1, NULL)) != NULL; }
static inline void wake_up(struct wake *wake) { ReleaseSemaphore(wake->native, 1, NULL); }
static inline void wake_wait(struct wake *wake) { WaitForSingleObject(wake->native, INFINITE); }

#elif defined(__APPLE__)
#include <dispatch/dispatch.h>

struct wake {
    dispatch_semaphore_t native;
};

static inline bool wake_create(struct wake *wake) { return (wake->native = dispatch_semaphore_create(0)) != NULL; }
static inline void wake_up(struct wake *wake) { dispatch_semaphore_signal(wake->native); }
static inline void wake_wait(struct wake *wake) { dispatch_semaphore_wait(wake->native, DISPATCH_TIME_FOREVER); }

#else
#include <semaphore.h>

struct wake {
    sem_t native;
};

static inline bool wake_create(struct wake *wake) { return sem_init(&wake->native, 0, 0) == 0; }
static inline void wake_up(struct wake *wake) { sem_post(&wake->native); } /* any thread, also the audio thread */
static inline void wake_wait(struct wake *wake) {
    while (sem_wait(&wake->native) != 0) {}
}

#endif
#endif
