/* MIDI on its way to the kernel of one instance: several senders, one audio thread.
 *
 * Senders take a lock among themselves and write a ring; the audio thread takes the ring empty at the start of a block
 * and keeps what is due later in order of time, in places of its own.
 */
#ifndef AMPBOARD_MIDI_QUEUE_H
#define AMPBOARD_MIDI_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lock.h"

enum { MIDI_QUEUE_SIZE = 2048, MIDI_LONGEST = 52 };

struct midi_message {
    int64_t frame; /* in the ring: of the next block; among the waiting: of the stream */
    int32_t size;
    uint8_t bytes[MIDI_LONGEST];
};

struct midi_queue {
    struct lock sending;
    atomic_uint sent;
    atomic_uint taken;
    struct midi_message ring[MIDI_QUEUE_SIZE];

    /* Audio thread: places of `waiting` form two lists, one of messages in order of time, one of free places. */
    struct midi_message waiting[MIDI_QUEUE_SIZE];
    int32_t next[MIDI_QUEUE_SIZE];
    int32_t first;
    int32_t last;
    int32_t free;
};

/* Off the audio thread. NULL when memory is short. */
struct midi_queue *midi_queue_create(void);
void midi_queue_destroy(struct midi_queue *queue);

/* Any thread but the audio thread. False: the ring is full, the message is lost. 1 <= size <= MIDI_LONGEST. */
bool midi_queue_send(struct midi_queue *queue, int32_t frame, const uint8_t *bytes, int32_t size);

/* Audio thread. Forgets the messages that wait, but not those that were sent since the last block. */
void midi_queue_forget(struct midi_queue *queue);
/* Audio thread. The messages sent meanwhile count from `start`, a frame of the stream. Returns how many found no place. */
uint32_t midi_queue_collect(struct midi_queue *queue, int64_t start);
/* Audio thread. The earliest message before frame `end` of the stream, or NULL; it is valid until the next call. */
const struct midi_message *midi_queue_take(struct midi_queue *queue, int64_t end);

#endif
