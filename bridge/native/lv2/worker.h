/* A plugin's worker: slow work that run() asks for. Offline it is done at once, live by the host's own thread; the
 * answers reach the plugin after run(). */
#ifndef AMPBOARD_LV2_WORKER_H
#define AMPBOARD_LV2_WORKER_H

#include <stdbool.h>

#include "lv2_abi.h"
#include "ring.h"

struct worker {
    const struct lv2_worker *interface; /* NULL: the plugin has none, and nothing here does anything */
    void *instance;                     /* NULL while it is being instantiated */
    struct lv2_worker_schedule schedule;
    struct ring jobs;      /* to the host's thread */
    struct ring responses; /* to run() */
    uint8_t *job;          /* a job being done; inside hosting_enter() */
    uint8_t *response;     /* an answer being delivered; audio thread */
};

/* Off the audio thread. False when memory is short. */
bool worker_create(struct worker *worker, const struct lv2_worker *interface);
void worker_destroy(struct worker *worker);

/* Inside hosting_enter(). Does what is waiting: what run() asked for live, or instantiate() before it returned. */
void worker_do_jobs(struct worker *worker);

/* Audio thread, or before it has the instance. Answers reach the plugin. */
void worker_deliver(struct worker *worker);

/* Audio thread, around run(). */
void worker_begin_run(struct worker *worker);
void worker_end_run(struct worker *worker);

#endif
