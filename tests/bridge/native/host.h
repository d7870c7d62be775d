/* The host's half of VST3, as small as a test needs it. */
#ifndef HOST_H
#define HOST_H

#include <stdio.h>
#include <stdlib.h>

#include "side_channel.h"
#include "vst3_abi.h"

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);     \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

enum { MOST_POINTS = 8, MOST_QUEUES = 4, MOST_ROWS = 8, MOST_FRAMES = 5000 };

struct point_queue {
    const struct vst3_parameter_queue_methods *methods;
    uint32_t id;
    int32_t count;
    int32_t frames[MOST_POINTS];
    double values[MOST_POINTS];
};

struct change_list {
    const struct vst3_parameter_changes_methods *methods;
    int32_t count;
    struct point_queue queues[MOST_QUEUES];
};

struct stream {
    const struct vst3_stream_methods *methods;
    int32_t size;
    int32_t position;
    char bytes[512];
};

struct handler {
    const struct vst3_component_handler_methods *methods;
    int32_t references;
    int32_t edits;
    void *controller; /* answers an edit with the rounded value, as JUCE does */
};

struct change_list change_list(void);
void add_point(struct change_list *changes, uint32_t id, int32_t frame, double normalised);
struct stream stream(void);
struct handler handler(void *controller);

/* One plugin by its three interfaces, with buffers to process in place. */
struct plugin {
    void *component;
    void *processor;
    void *controller;
    float memory[MOST_ROWS][MOST_FRAMES];
    float *rows[MOST_ROWS];
};

void *GetPluginFactory(void);

struct plugin *plugin_create(uint32_t class_number);
void plugin_destroy(struct plugin *plugin);
void plugin_setup(struct plugin *plugin, double sample_rate, int32_t channels);
void plugin_activate(struct plugin *plugin, uint8_t active);
uint32_t plugin_latency(struct plugin *plugin);
vst3_result plugin_process(struct plugin *plugin, int32_t channels, int32_t frames, struct change_list *changes);
vst3_result plugin_save(struct plugin *plugin, struct stream *to);
vst3_result plugin_restore(struct plugin *plugin, struct stream *from);

/* drive_streams.c: MIDI, side-chains, and what a kernel takes beside its state. */
void test_streams(void);

#endif
