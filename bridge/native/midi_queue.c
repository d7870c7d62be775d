#include "midi_queue.h"

#include <string.h>

#include "memory.h"

static const int32_t NONE = -1;

struct midi_queue *midi_queue_create(void) {
    struct midi_queue *queue = memory_allocate(sizeof *queue);
    if (!queue) return NULL;
    lock_create(&queue->sending);
    atomic_init(&queue->sent, 0);
    atomic_init(&queue->taken, 0);
    for (int32_t i = 0; i < MIDI_QUEUE_SIZE; i++) queue->next[i] = i + 1 < MIDI_QUEUE_SIZE ? i + 1 : NONE;
    queue->first = queue->last = NONE;
    return queue;
}

void midi_queue_destroy(struct midi_queue *queue) {
    lock_destroy(&queue->sending);
    memory_free(queue);
}

bool midi_queue_send(struct midi_queue *queue, int32_t frame, const uint8_t *bytes, int32_t size) {
    lock_take(&queue->sending);
    uint32_t sent = atomic_load_explicit(&queue->sent, memory_order_relaxed);
    bool room = sent - atomic_load_explicit(&queue->taken, memory_order_acquire) < MIDI_QUEUE_SIZE;
    if (room) {
        struct midi_message *message = &queue->ring[sent % MIDI_QUEUE_SIZE];
        message->frame = frame;
        message->size = size;
        memcpy(message->bytes, bytes, (size_t)size);
        atomic_store_explicit(&queue->sent, sent + 1, memory_order_release);
    }
    lock_give(&queue->sending);
    return room;
}

/* Audio thread. */

static void free_first(struct midi_queue *queue) {
    int32_t place = queue->first;
    queue->first = queue->next[place];
    if (queue->first == NONE) queue->last = NONE;
    queue->next[place] = queue->free;
    queue->free = place;
}

void midi_queue_forget(struct midi_queue *queue) {
    while (queue->first != NONE) free_first(queue);
}

/* Behind all that are due at the same frame or earlier; as a rule that is the end. */
static void insert(struct midi_queue *queue, int32_t place) {
    int64_t frame = queue->waiting[place].frame;
    int32_t before = queue->last;
    if (before != NONE && queue->waiting[before].frame > frame) {
        before = NONE;
        for (int32_t i = queue->first; queue->waiting[i].frame <= frame; i = queue->next[i]) before = i;
    }
    int32_t *link = before == NONE ? &queue->first : &queue->next[before];
    queue->next[place] = *link;
    *link = place;
    if (queue->next[place] == NONE) queue->last = place;
}

uint32_t midi_queue_collect(struct midi_queue *queue, int64_t start) {
    uint32_t lost = 0;
    uint32_t sent = atomic_load_explicit(&queue->sent, memory_order_acquire);
    uint32_t taken = atomic_load_explicit(&queue->taken, memory_order_relaxed);
    for (; taken != sent; taken++) {
        int32_t place = queue->free;
        if (place == NONE) {
            lost++;
            continue;
        }
        queue->free = queue->next[place];
        queue->waiting[place] = queue->ring[taken % MIDI_QUEUE_SIZE];
        queue->waiting[place].frame += start;
        insert(queue, place);
    }
    atomic_store_explicit(&queue->taken, taken, memory_order_release);
    return lost;
}

const struct midi_message *midi_queue_take(struct midi_queue *queue, int64_t end) {
    int32_t place = queue->first;
    if (place == NONE || queue->waiting[place].frame >= end) return NULL;
    free_first(queue);
    return &queue->waiting[place];
}
