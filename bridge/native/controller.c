/* IEditController: the parameters as a host shows and edits them. Off the audio thread. */
#include "instance.h"
#include "state_chunk.h"

static const struct class_description *description_of(void *self) {
    return &instance_of(self)->plugin_class->description;
}

static const struct parameter *parameter_with_id(void *self, uint32_t id) {
    const struct class_description *description = description_of(self);
    return id < (uint32_t)description->parameter_count ? &description->parameters[id] : NULL;
}

static vst3_result VST3_CALL initialize(void *self, void *host) {
    (void)self, (void)host;
    return VST3_OK;
}

static vst3_result VST3_CALL terminate(void *self) {
    (void)self;
    return VST3_OK;
}

static vst3_result VST3_CALL set_component_state(void *self, void *stream) {
    return state_chunk_read(instance_of(self), stream) ? VST3_OK : VST3_FALSE;
}

static vst3_result VST3_CALL no_own_state(void *self, void *stream) {
    (void)self, (void)stream;
    return VST3_NOT_IMPLEMENTED; /* the component's state is the whole state */
}

static int32_t VST3_CALL get_parameter_count(void *self) {
    return description_of(self)->parameter_count;
}

static vst3_result VST3_CALL get_parameter_info(void *self, int32_t index, struct vst3_parameter_info *info) {
    const struct parameter *parameter = index < 0 ? NULL : parameter_with_id(self, (uint32_t)index);
    if (!parameter) return VST3_INVALID_ARGUMENT;
    memset(info, 0, sizeof *info);
    info->id = (uint32_t)index;
    /* While pedalboard constructs a plugin it reads 1001 texts of every parameter, 4 to 10 ms each, into a dictionary
     * that it drops again. Names like "P000" it leaves out; names are asked for anew each time, so that the real ones
     * show as soon as the constructor is through. */
    text_widen(info->title, registry_is_narrowed() ? "P000" : parameter->title);
    text_widen(info->short_title, parameter->title);
    text_widen(info->unit, parameter->unit);
    info->steps = parameter->steps;
    info->default_normalised = parameter_normalised(parameter, parameter->default_value);
    info->flags = VST3_PARAMETER_CAN_AUTOMATE;
    return VST3_OK;
}

static vst3_result VST3_CALL get_text_of_value(void *self, uint32_t id, double normalised, vst3_char *text) {
    const struct parameter *parameter = parameter_with_id(self, id);
    if (!parameter) return VST3_INVALID_ARGUMENT;
    parameter_write_text(parameter, normalised, text);
    return VST3_OK;
}

static vst3_result VST3_CALL get_value_of_text(void *self, uint32_t id, vst3_char *text, double *normalised) {
    const struct parameter *parameter = parameter_with_id(self, id);
    if (!parameter) return VST3_INVALID_ARGUMENT;
    return parameter_read_text(parameter, text, normalised) ? VST3_OK : VST3_FALSE;
}

static double VST3_CALL plain_of_normalised(void *self, uint32_t id, double normalised) {
    const struct parameter *parameter = parameter_with_id(self, id);
    return parameter ? parameter_plain(parameter, normalised) : 0.0;
}

static double VST3_CALL normalised_of_plain(void *self, uint32_t id, double plain) {
    const struct parameter *parameter = parameter_with_id(self, id);
    return parameter ? parameter_normalised(parameter, plain) : 0.0;
}

static double VST3_CALL get_normalised(void *self, uint32_t id) {
    const struct parameter *parameter = parameter_with_id(self, id);
    return parameter ? parameter_normalised(parameter, instance_value(instance_of(self), (int32_t)id)) : 0.0;
}

static vst3_result VST3_CALL set_normalised(void *self, uint32_t id, double normalised) {
    if (!parameter_with_id(self, id)) return VST3_INVALID_ARGUMENT;
    instance_set_normalised(instance_of(self), (int32_t)id, normalised);
    return VST3_OK;
}

static vst3_result VST3_CALL set_component_handler(void *self, void *handler) {
    instance_set_handler(instance_of(self), handler);
    return VST3_OK;
}

static void *VST3_CALL create_view(void *self, const char *name) {
    (void)self, (void)name;
    return NULL;
}

const struct vst3_controller_methods controller_methods = {
    .base = {face_query_interface, face_add_reference, face_release},
    .initialize = initialize,
    .terminate = terminate,
    .set_component_state = set_component_state,
    .set_state = no_own_state,
    .get_state = no_own_state,
    .get_parameter_count = get_parameter_count,
    .get_parameter_info = get_parameter_info,
    .get_text_of_value = get_text_of_value,
    .get_value_of_text = get_value_of_text,
    .plain_of_normalised = plain_of_normalised,
    .normalised_of_plain = normalised_of_plain,
    .get_normalised = get_normalised,
    .set_normalised = set_normalised,
    .set_component_handler = set_component_handler,
    .create_view = create_view,
};
