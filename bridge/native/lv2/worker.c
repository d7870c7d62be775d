#include "worker.h"

#include "../live.h"
#include "../memory.h"
#include "hosting.h"
#include "program.h"

enum { RING_CAPACITY = 4 * LV2_LONGEST_MESSAGE };

/* The worker whose instance this thread runs: only its jobs may be handed to another thread. */
static _Thread_local const struct worker *running;

static enum lv2_worker_status respond(void *handle, uint32_t size, const void *data) {
    struct worker *worker = handle;
    if (size > LV2_LONGEST_MESSAGE) return LV2_WORKER_NO_SPACE;
    return ring_write(&worker->responses, size, data) ? LV2_WORKER_SUCCESS : LV2_WORKER_NO_SPACE;
}

static enum lv2_worker_status schedule_work(void *handle, uint32_t size, const void *data) {
    struct worker *worker = handle;
    bool later = !worker->instance || (running == worker && is_live());
    if (!later) {
        hosting_enter();
        enum lv2_worker_status status = worker->interface->work(worker->instance, respond, worker, size, data);
        hosting_leave();
        return status;
    }
    if (size > LV2_LONGEST_MESSAGE || !ring_write(&worker->jobs, size, data)) return LV2_WORKER_NO_SPACE;
    if (worker->instance) hosting_request();
    return LV2_WORKER_SUCCESS;
}

bool worker_create(struct worker *worker, const struct lv2_worker *interface) {
    worker->interface = interface && interface->work ? interface : NULL;
    worker->schedule = (struct lv2_worker_schedule){worker, schedule_work};
    if (!worker->interface) return true;
    worker->job = memory_allocate(LV2_LONGEST_MESSAGE);
    worker->response = memory_allocate(LV2_LONGEST_MESSAGE);
    bool has_rings = ring_create(&worker->jobs, RING_CAPACITY) && ring_create(&worker->responses, RING_CAPACITY);
    return worker->job && worker->response && has_rings;
}

void worker_destroy(struct worker *worker) {
    ring_destroy(&worker->jobs);
    ring_destroy(&worker->responses);
    memory_free(worker->job);
    memory_free(worker->response);
}

void worker_do_jobs(struct worker *worker) {
    uint32_t size;
    while (worker->interface && ring_next(&worker->jobs, &size)) {
        ring_read(&worker->jobs, worker->job);
        worker->interface->work(worker->instance, respond, worker, size, worker->job);
    }
}

void worker_begin_run(struct worker *worker) {
    if (worker->interface) running = worker;
}

void worker_deliver(struct worker *worker) {
    uint32_t size;
    while (worker->interface && ring_next(&worker->responses, &size)) {
        ring_read(&worker->responses, worker->response);
        if (worker->interface->work_response) {
            worker->interface->work_response(worker->instance, size, worker->response);
        }
    }
}

void worker_end_run(struct worker *worker) {
    if (!worker->interface) return;
    worker_deliver(worker);
    if (worker->interface->end_run) worker->interface->end_run(worker->instance);
    running = NULL;
}
