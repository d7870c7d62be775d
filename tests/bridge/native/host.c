#include "host.h"

static vst3_result VST3_CALL query_nothing(void *self, const char *id, void **object) {
    (void)self, (void)id;
    *object = NULL;
    return VST3_NO_INTERFACE;
}

static uint32_t VST3_CALL one_reference(void *self) {
    (void)self;
    return 1;
}

#define STATIC_OBJECT {query_nothing, one_reference, one_reference}

/* Parameter changes */

static uint32_t VST3_CALL queue_id(void *self) {
    return ((struct point_queue *)self)->id;
}

static int32_t VST3_CALL queue_count(void *self) {
    return ((struct point_queue *)self)->count;
}

static vst3_result VST3_CALL queue_point(void *self, int32_t index, int32_t *frame, double *normalised) {
    struct point_queue *queue = self;
    if (index < 0 || index >= queue->count) return VST3_FALSE;
    *frame = queue->frames[index];
    *normalised = queue->values[index];
    return VST3_OK;
}

static vst3_result VST3_CALL queue_add(void *self, int32_t frame, double normalised, int32_t *index) {
    (void)self, (void)frame, (void)normalised, (void)index;
    return VST3_FALSE;
}

static const struct vst3_parameter_queue_methods queue_methods = {
    STATIC_OBJECT, queue_id, queue_count, queue_point, queue_add,
};

static int32_t VST3_CALL list_count(void *self) {
    return ((struct change_list *)self)->count;
}

static void *VST3_CALL list_at(void *self, int32_t index) {
    struct change_list *changes = self;
    return index < changes->count ? &changes->queues[index] : NULL;
}

static void *VST3_CALL list_add(void *self, const uint32_t *id, int32_t *index) {
    (void)self, (void)id, (void)index;
    return NULL;
}

static const struct vst3_parameter_changes_methods list_methods = {STATIC_OBJECT, list_count, list_at, list_add};

struct change_list change_list(void) {
    return (struct change_list){.methods = &list_methods};
}

void add_point(struct change_list *changes, uint32_t id, int32_t frame, double normalised) {
    int32_t i = 0;
    while (i < changes->count && changes->queues[i].id != id) i++;
    CHECK(i < MOST_QUEUES);
    if (i == changes->count) changes->queues[changes->count++] = (struct point_queue){.methods = &queue_methods, .id = id};
    struct point_queue *queue = &changes->queues[i];
    CHECK(queue->count < MOST_POINTS);
    queue->frames[queue->count] = frame;
    queue->values[queue->count++] = normalised;
}

/* Stream */

static vst3_result VST3_CALL stream_read(void *self, void *buffer, int32_t size, int32_t *done) {
    struct stream *from = self;
    int32_t left = from->size - from->position;
    *done = size < left ? size : left;
    memcpy(buffer, from->bytes + from->position, (size_t)*done);
    from->position += *done;
    return VST3_OK;
}

static vst3_result VST3_CALL stream_write(void *self, void *buffer, int32_t size, int32_t *done) {
    struct stream *to = self;
    CHECK(to->position + size <= (int32_t)sizeof to->bytes);
    memcpy(to->bytes + to->position, buffer, (size_t)size);
    to->size = to->position += size;
    *done = size;
    return VST3_OK;
}

static const struct vst3_stream_methods stream_methods = {STATIC_OBJECT, stream_read, stream_write, NULL, NULL};

struct stream stream(void) {
    return (struct stream){.methods = &stream_methods};
}

/* Component handler */

static uint32_t VST3_CALL handler_add(void *self) {
    return (uint32_t)++((struct handler *)self)->references;
}

static uint32_t VST3_CALL handler_release(void *self) {
    return (uint32_t)--((struct handler *)self)->references;
}

static vst3_result VST3_CALL handler_note(void *self, uint32_t id) {
    (void)self, (void)id;
    return VST3_OK;
}

static vst3_result VST3_CALL handler_edit(void *self, uint32_t id, double normalised) {
    struct handler *edited = self;
    edited->edits++;
    const struct vst3_controller_methods *controller = vst3_methods(edited->controller);
    return controller->set_normalised(edited->controller, id, (float)normalised);
}

static vst3_result VST3_CALL handler_restart(void *self, int32_t flags) {
    (void)self, (void)flags;
    return VST3_OK;
}

static const struct vst3_component_handler_methods handler_methods = {
    {query_nothing, handler_add, handler_release}, handler_note, handler_edit, handler_note, handler_restart,
};

struct handler handler(void *controller) {
    return (struct handler){.methods = &handler_methods, .controller = controller};
}

/* Plugin */

static void *interface(void *object, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    vst3_id id;
    void *found = NULL;
    vst3_write_id(id, a, b, c, d);
    const struct vst3_base_methods *base = vst3_methods(object);
    CHECK(base->query_interface(object, id, &found) == VST3_OK && found);
    return found;
}

struct plugin *plugin_create(uint32_t class_number) {
    void *factory = GetPluginFactory();
    const struct vst3_factory_methods *methods = vst3_methods(factory);
    ampboard_show_only(class_number);
    CHECK(methods->count_classes(factory) == 1);
    struct vst3_class_info_2 info;
    CHECK(methods->get_class_info_2(factory, 0, &info) == VST3_OK);
    CHECK(methods->get_class_info_2(factory, 1, &info) != VST3_OK);
    vst3_id component_id;
    vst3_write_id(component_id, 0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802);
    struct plugin *plugin = calloc(1, sizeof *plugin);
    CHECK(plugin);
    CHECK(methods->create_instance(factory, info.id, component_id, &plugin->component) == VST3_OK);
    ampboard_show_only(0);
    plugin->processor = interface(plugin->component, 0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D);
    plugin->controller = interface(plugin->component, 0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E);
    for (int row = 0; row < MOST_ROWS; row++) plugin->rows[row] = plugin->memory[row];
    return plugin;
}

static void release(void *object) {
    ((const struct vst3_base_methods *)vst3_methods(object))->release(object);
}

void plugin_destroy(struct plugin *plugin) {
    release(plugin->controller);
    release(plugin->processor);
    release(plugin->component);
    free(plugin);
}

static const struct vst3_processor_methods *processor(const struct plugin *plugin) {
    return vst3_methods(plugin->processor);
}

static const struct vst3_component_methods *component(const struct plugin *plugin) {
    return vst3_methods(plugin->component);
}

void plugin_setup(struct plugin *plugin, double sample_rate, int32_t channels) {
    struct vst3_process_setup setup = {.sample_size = VST3_SAMPLE_32, .max_frames = MOST_FRAMES, .sample_rate = sample_rate};
    uint64_t arrangement = channels == 1 ? UINT64_C(1) << 19 : (UINT64_C(1) << channels) - 1;
    CHECK(processor(plugin)->setup_processing(plugin->processor, &setup) == VST3_OK);
    CHECK(processor(plugin)->set_bus_arrangements(plugin->processor, &arrangement, 1, &arrangement, 1) == VST3_OK);
}

void plugin_activate(struct plugin *plugin, uint8_t active) {
    CHECK(component(plugin)->set_active(plugin->component, active) == VST3_OK);
}

uint32_t plugin_latency(struct plugin *plugin) {
    return processor(plugin)->get_latency(plugin->processor);
}

vst3_result plugin_process(struct plugin *plugin, int32_t channels, int32_t frames, struct change_list *changes) {
    struct vst3_bus_buffers inputs = {.channels = channels, .samples = plugin->rows};
    struct vst3_bus_buffers outputs = inputs;
    struct vst3_process_data data = {
        .frames = frames,
        .input_buses = channels ? 1 : 0,
        .output_buses = channels ? 1 : 0,
        .inputs = &inputs,
        .outputs = &outputs,
        .input_parameter_changes = changes,
    };
    return processor(plugin)->process(plugin->processor, &data);
}

vst3_result plugin_save(struct plugin *plugin, struct stream *to) {
    return component(plugin)->get_state(plugin->component, to);
}

vst3_result plugin_restore(struct plugin *plugin, struct stream *from) {
    from->position = 0;
    return component(plugin)->set_state(plugin->component, from);
}
