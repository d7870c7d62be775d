#include "hosting.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "../flush_to_zero.h"
#include "../lock.h"
#include "player.h"
#include "wake.h"

static struct lock hosting = LOCK_INITIAL;
static _Thread_local int depth;
static _Thread_local uint64_t floating_point_mode;

static struct player *players; /* guarded by `hosting` */
static struct wake wake;
static atomic_bool has_thread;
static atomic_bool is_requested;

/* The mode comes back: libraries linked with -ffast-math change it when they are opened, plugins when they are called. */
void hosting_enter(void) {
    if (depth++ > 0) return;
    lock_take(&hosting);
    floating_point_mode = flush_to_zero_begin();
}

void hosting_leave(void) {
    if (--depth > 0) return;
    flush_to_zero_end(floating_point_mode);
    lock_give(&hosting);
}

static void serve(void) {
    for (;;) {
        wake_wait(&wake);
        atomic_store(&is_requested, false);
        hosting_enter();
        for (struct player *player = players; player; player = player->next) player_serve(player);
        hosting_leave();
    }
}

#if defined(_WIN32)

static DWORD WINAPI run_thread(LPVOID argument) {
    (void)argument;
    serve();
    return 0;
}

static bool start_thread(void) {
    HANDLE thread = CreateThread(NULL, 0, run_thread, NULL, 0, NULL);
    if (thread) CloseHandle(thread);
    return thread != NULL;
}

#else

static void *run_thread(void *argument) {
    (void)argument;
    serve();
    return NULL;
}

static bool start_thread(void) {
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, run_thread, NULL) == 0;
    if (started) pthread_detach(thread);
    return started;
}

#endif

void hosting_add(struct player *player) {
    player->next = players;
    players = player;
    if (!atomic_load(&has_thread) && wake_create(&wake)) atomic_store(&has_thread, start_thread());
}

void hosting_remove(struct player *player) {
    for (struct player **link = &players; *link; link = &(*link)->next) {
        if (*link == player) {
            *link = player->next;
            return;
        }
    }
}

void hosting_request(void) {
    if (!atomic_load(&has_thread)) return;
    if (!atomic_exchange(&is_requested, true)) wake_up(&wake);
}
