/* IAudioProcessor: setups off the audio thread, process() on it. */
#include "instance.h"
#include "processing.h"
#include "speakers.h"

/* Off the audio thread. */

static vst3_result VST3_CALL set_bus_arrangements(void *self, uint64_t *inputs, int32_t input_count, uint64_t *outputs,
                                                  int32_t output_count) {
    struct instance *instance = instance_of(self);
    const struct class_description *description = &instance->plugin_class->description;
    if (input_count != 1 || output_count != 1 || inputs[0] != outputs[0]) return VST3_FALSE;
    int32_t channels = speakers_count(inputs[0]);
    if (channels < description->fewest_channels || channels > description->most_channels) return VST3_FALSE;
    instance_set_arrangement(instance, inputs[0], channels);
    return VST3_OK;
}

static vst3_result VST3_CALL get_bus_arrangement(void *self, int32_t direction, int32_t index, uint64_t *arrangement) {
    struct instance *instance = instance_of(self);
    (void)direction;
    if (index != 0) return VST3_INVALID_ARGUMENT;
    lock_take(&instance->preparing);
    *arrangement = instance->arrangement;
    lock_give(&instance->preparing);
    return VST3_OK;
}

static vst3_result VST3_CALL can_process_sample_size(void *self, int32_t sample_size) {
    (void)self;
    return sample_size == VST3_SAMPLE_32 ? VST3_OK : VST3_FALSE;
}

/* Hosts ask this once the setup is complete, so here the kernel is prepared: its answer is the latency. */
static uint32_t VST3_CALL get_latency(void *self) {
    struct instance *instance = instance_of(self);
    instance_prepare(instance);
    return (uint32_t)instance_latency(instance);
}

/* Only notes the rate: the bus arrangement may still change, and a kernel should be prepared once. */
static vst3_result VST3_CALL setup_processing(void *self, struct vst3_process_setup *setup) {
    if (setup->sample_size != VST3_SAMPLE_32 || !(setup->sample_rate > 0.0)) return VST3_FALSE;
    instance_set_up(instance_of(self), setup->sample_rate, setup->max_frames);
    return VST3_OK;
}

static vst3_result VST3_CALL set_processing(void *self, uint8_t processing) {
    (void)self, (void)processing;
    return VST3_OK;
}

static uint32_t VST3_CALL get_tail(void *self) {
    return instance_tail(instance_of(self));
}

/* Audio thread. */

static vst3_result VST3_CALL process(void *self, struct vst3_process_data *data) {
    if (data->sample_size != VST3_SAMPLE_32) return VST3_INVALID_ARGUMENT;
    process_block(instance_of(self), data);
    return VST3_OK;
}

const struct vst3_processor_methods processor_methods = {
    .base = {face_query_interface, face_add_reference, face_release},
    .set_bus_arrangements = set_bus_arrangements,
    .get_bus_arrangement = get_bus_arrangement,
    .can_process_sample_size = can_process_sample_size,
    .get_latency = get_latency,
    .setup_processing = setup_processing,
    .set_processing = set_processing,
    .process = process,
    .get_tail = get_tail,
};

static uint32_t VST3_CALL get_requirements(void *self) {
    (void)self;
    return 0; /* neither tempo nor position */
}

const struct vst3_process_context_requirements_methods requirements_methods = {
    .base = {face_query_interface, face_add_reference, face_release},
    .get_requirements = get_requirements,
};
