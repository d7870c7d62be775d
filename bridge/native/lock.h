/* A mutex for what happens off the audio thread. The audio thread takes no lock. */
#ifndef AMPBOARD_LOCK_H
#define AMPBOARD_LOCK_H

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

struct lock {
    SRWLOCK native;
};
#define LOCK_INITIAL {SRWLOCK_INIT}

static inline void lock_create(struct lock *lock) { InitializeSRWLock(&lock->native); }
static inline void lock_destroy(struct lock *lock) { (void)lock; }
static inline void lock_take(struct lock *lock) { AcquireSRWLockExclusive(&lock->native); }
static inline void lock_give(struct lock *lock) { ReleaseSRWLockExclusive(&lock->native); }

#else
#include <pthread.h>

struct lock {
    pthread_mutex_t native;
};
#define LOCK_INITIAL {PTHREAD_MUTEX_INITIALIZER}

static inline void lock_create(struct lock *lock) { pthread_mutex_init(&lock->native, NULL); }
static inline void lock_destroy(struct lock *lock) { pthread_mutex_destroy(&lock->native); }
static inline void lock_take(struct lock *lock) { pthread_mutex_lock(&lock->native); }
static inline void lock_give(struct lock *lock) { pthread_mutex_unlock(&lock->native); }

#endif
#endif
