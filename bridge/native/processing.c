#include "processing.h"

#include "flush_to_zero.h"
#include "instance.h"

static void count(atomic_uint_least64_t *counter, uint64_t more) {
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

/* Applies the parameter points that lie in frames `after` < frame <= `until` and returns the frame of the first one
 * behind, or `end`. Points lie in one queue a parameter, sorted by frame. */
static int32_t apply_points(struct instance *instance, void *changes, int32_t after, int32_t until, int32_t end) {
    if (!changes) return end;
    const struct vst3_parameter_changes_methods *list = vst3_methods(changes);
    int32_t parameter_count = instance->plugin_class->description.parameter_count;
    int32_t next = end;
    int32_t queues = list->get_parameter_count(changes);
    for (int32_t i = 0; i < queues; i++) {
        void *queue = list->get_parameter_data(changes, i);
        if (!queue) continue;
        const struct vst3_parameter_queue_methods *points = vst3_methods(queue);
        uint32_t id = points->get_parameter_id(queue);
        if (id >= (uint32_t)parameter_count) continue;
        int32_t point_count = points->get_point_count(queue);
        for (int32_t j = 0; j < point_count; j++) {
            int32_t frame = 0;
            double normalised = 0.0;
            if (points->get_point(queue, j, &frame, &normalised) != VST3_OK || frame <= after) continue;
            if (frame > until) {
                if (frame < next) next = frame;
                break;
            }
            instance_set_normalised(instance, (int32_t)id, normalised);
        }
    }
    return next;
}

/* A count that is read too early only means that the slots are written once more. */
static void write_slots(const struct instance *instance, struct binding *binding) {
    uint64_t edits = atomic_load_explicit(&instance->edits, memory_order_acquire);
    if (binding->written_edits == edits) return;
    binding->written_edits = edits;
    int32_t parameter_count = instance->plugin_class->description.parameter_count;
    for (int32_t i = 0; i < parameter_count; i++) binding_write_slot(binding, i, instance_value(instance, i));
}

static bool is_reset(struct instance *instance) {
    return atomic_load(&instance->reset_armed) && atomic_exchange(&instance->reset_armed, false);
}

/* What goes into one block beside audio and parameters. */
struct surroundings {
    struct side_block block;
    struct side_link *tap;
    struct side_link *ear;
    struct midi_queue *midi;
};

static struct surroundings enter(struct instance *instance, const struct vst3_process_data *data, bool is_first) {
    if (is_first) instance->position = 0;
    struct surroundings around = {
        .block = {.start = instance->position, .frames = data->frames, .is_first = is_first},
        .tap = atomic_load(&instance->tap),
        .ear = atomic_load(&instance->ear),
        .midi = atomic_load(&instance->midi),
    };
    if (around.tap) side_link_tap(around.tap, &around.block, data->inputs[0].samples, data->inputs[0].channels);
    if (around.ear) side_link_begin(around.ear, &around.block);
    if (around.midi) {
        if (is_first) midi_queue_forget(around.midi);
        uint32_t lost = midi_queue_collect(around.midi, around.block.start);
        if (lost) count(&instance->counters.dropped_midi, lost);
    }
    return around;
}

static void leave(struct instance *instance, const struct surroundings *around) {
    instance->position += around->block.frames;
    if (around->ear) side_link_end(around->ear, &around->block);
    while (around->midi && midi_queue_take(around->midi, instance->position)) continue; /* nobody wanted them */
}

/* The messages and the side-chain of the next `frames` frames from `first` on. */
static void supply(const struct surroundings *around, struct binding *binding, int32_t first, int32_t frames) {
    if (around->midi && binding_takes_midi(binding)) {
        int64_t start = around->block.start + first;
        const struct midi_message *message;
        while ((message = midi_queue_take(around->midi, start + frames))) {
            binding_event(binding, (int32_t)(message->frame - start), message->bytes, message->size);
        }
    }
    int32_t rows = binding->kernel.side_inputs;
    if (rows && around->ear) {
        side_link_read(around->ear, first, binding->side_inputs, rows, frames);
    } else if (rows) {
        binding_silence_side_inputs(binding, frames);
    }
}

static void play(struct instance *instance, struct binding *binding, struct vst3_process_data *data,
                 const struct surroundings *around, int32_t first, int32_t end) {
    struct instance_counters *counters = &instance->counters;
    write_slots(instance, binding);
    if (first == 0 && around->block.is_first) {
        binding_reset(binding);
        count(&counters->resets, 1);
    }
    for (int32_t frames; first < end; first += frames) {
        frames = end - first < KERNEL_MAX_FRAMES ? end - first : KERNEL_MAX_FRAMES;
        supply(around, binding, first, frames);
        struct binding_repairs repairs =
            binding_process(binding, data->inputs[0].samples, data->outputs[0].samples, first, frames);
        if (repairs.inputs) count(&counters->non_finite_inputs, repairs.inputs);
        if (repairs.outputs) count(&counters->non_finite_outputs, repairs.outputs);
    }
}

/* Without a kernel audio passes unchanged; a kernel that refused the setup is silent. */
static void play_nothing(const struct binding *binding, struct vst3_process_data *data) {
    const struct vst3_bus_buffers *inputs = &data->inputs[0];
    const struct vst3_bus_buffers *outputs = &data->outputs[0];
    size_t size = (size_t)data->frames * sizeof(float);
    for (int32_t row = 0; row < outputs->channels; row++) {
        if (binding || row >= inputs->channels) {
            memset(outputs->samples[row], 0, size);
        } else if (outputs->samples[row] != inputs->samples[row]) {
            memmove(outputs->samples[row], inputs->samples[row], size);
        }
    }
}

static bool fits(const struct binding *binding, const struct vst3_process_data *data) {
    return binding && !binding_is_refused(binding) && data->inputs[0].channels == binding->channels &&
           data->outputs[0].channels == binding->channels;
}

void process_block(struct instance *instance, struct vst3_process_data *data) {
    void *changes = data->input_parameter_changes;
    atomic_fetch_add(&instance->epoch, 1); /* odd: inside */
    struct binding *binding = atomic_load(&instance->published);
    count(&instance->counters.process_calls, 1);
    if (data->frames <= 0 || data->input_buses < 1 || data->output_buses < 1) {
        apply_points(instance, changes, INT32_MIN, INT32_MAX, INT32_MAX);
        atomic_fetch_add(&instance->epoch, 1);
        return;
    }
    bool plays = fits(binding, data);
    struct surroundings around = enter(instance, data, plays && is_reset(instance));
    if (!plays) {
        play_nothing(binding, data);
        apply_points(instance, changes, INT32_MIN, INT32_MAX, INT32_MAX);
        data->outputs[0].silence_flags = 0;
    } else {
        uint64_t mode = flush_to_zero_begin();
        int32_t applied = INT32_MIN;
        int32_t next = 0;
        for (int32_t first = 0; first < data->frames; first = next) {
            next = apply_points(instance, changes, applied, first, data->frames);
            applied = first;
            if (next > data->frames) next = data->frames;
            play(instance, binding, data, &around, first, next);
        }
        apply_points(instance, changes, applied, INT32_MAX, INT32_MAX);
        flush_to_zero_end(mode);
        data->outputs[0].silence_flags = 0;
    }
    leave(instance, &around);
    atomic_fetch_add(&instance->epoch, 1); /* even: outside */
}
