/* The part of the VST3 binary interface that this plugin implements, declared anew.
 *
 * An interface is a pointer to an object whose first word points to a table of functions; every function takes the
 * object first. The order of the functions, the layout of the structures and the ids are facts of the interface.
 */
#ifndef AMPBOARD_VST3_ABI_H
#define AMPBOARD_VST3_ABI_H

#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define VST3_CALL __stdcall
#else
#define VST3_CALL
#endif

typedef int32_t vst3_result;

#if defined(_WIN32)
#define VST3_OK ((vst3_result)0)
#define VST3_FALSE ((vst3_result)1)
#define VST3_NO_INTERFACE ((vst3_result)0x80004002L)
#define VST3_INVALID_ARGUMENT ((vst3_result)0x80070057L)
#define VST3_NOT_IMPLEMENTED ((vst3_result)0x80004001L)
#else
#define VST3_OK ((vst3_result)0)
#define VST3_FALSE ((vst3_result)1)
#define VST3_NO_INTERFACE ((vst3_result)-1)
#define VST3_INVALID_ARGUMENT ((vst3_result)2)
#define VST3_NOT_IMPLEMENTED ((vst3_result)3)
#endif

/* Ids of interfaces and classes: 16 bytes, in the order of a COM GUID on Windows. */
enum { VST3_ID_SIZE = 16 };
typedef char vst3_id[VST3_ID_SIZE];

void vst3_write_id(vst3_id id, uint32_t first, uint32_t second, uint32_t third, uint32_t fourth);

static inline int vst3_same_id(const char *left, const char *right) {
    return memcmp(left, right, VST3_ID_SIZE) == 0;
}

/* The interfaces that this plugin knows, as vst3_interface_of() tells them apart. */
enum vst3_interface {
    VST3_UNKNOWN_INTERFACE,
    VST3_BASE,
    VST3_PLUGIN_BASE,
    VST3_FACTORY,
    VST3_FACTORY_2,
    VST3_COMPONENT,
    VST3_AUDIO_PROCESSOR,
    VST3_EDIT_CONTROLLER,
    VST3_PROCESS_CONTEXT_REQUIREMENTS,
};
enum vst3_interface vst3_interface_of(const char *id);

/* Text in hosts is UTF-16, 128 units with the closing zero. */
enum { VST3_TEXT_SIZE = 128 };
typedef uint16_t vst3_char;
typedef vst3_char vst3_text[VST3_TEXT_SIZE];

enum { VST3_AUDIO = 0 };
enum { VST3_INPUT = 0, VST3_OUTPUT = 1 };
enum { VST3_MAIN_BUS = 0, VST3_BUS_DEFAULT_ACTIVE = 1 };
enum { VST3_SAMPLE_32 = 0 };
enum { VST3_PARAMETER_CAN_AUTOMATE = 1 };
enum { VST3_FACTORY_UNICODE = 1 << 4 };
enum { VST3_MANY_INSTANCES = 0x7fffffff };
#define VST3_INFINITE_TAIL UINT32_MAX

struct vst3_factory_info {
    char vendor[64];
    char url[256];
    char email[128];
    int32_t flags;
};

struct vst3_class_info {
    vst3_id id;
    int32_t cardinality;
    char category[32];
    char name[64];
};

struct vst3_class_info_2 {
    vst3_id id;
    int32_t cardinality;
    char category[32];
    char name[64];
    uint32_t flags;
    char subcategories[128];
    char vendor[64];
    char version[64];
    char sdk_version[64];
};

struct vst3_bus_info {
    int32_t media;
    int32_t direction;
    int32_t channels;
    vst3_text name;
    int32_t type;
    uint32_t flags;
};

struct vst3_parameter_info {
    uint32_t id;
    vst3_text title;
    vst3_text short_title;
    vst3_text unit;
    int32_t steps;
    double default_normalised;
    int32_t group;
    int32_t flags;
};

struct vst3_process_setup {
    int32_t mode;
    int32_t sample_size;
    int32_t max_frames;
    double sample_rate;
};

struct vst3_bus_buffers {
    int32_t channels;
    uint64_t silence_flags;
    float **samples;
};

struct vst3_process_data {
    int32_t mode;
    int32_t sample_size;
    int32_t frames;
    int32_t input_buses;
    int32_t output_buses;
    struct vst3_bus_buffers *inputs;
    struct vst3_bus_buffers *outputs;
    void *input_parameter_changes;
    void *output_parameter_changes;
    void *input_events;
    void *output_events;
    void *context;
};

struct vst3_base_methods {
    vst3_result(VST3_CALL *query_interface)(void *self, const char *id, void **object);
    uint32_t(VST3_CALL *add_reference)(void *self);
    uint32_t(VST3_CALL *release)(void *self);
};

struct vst3_factory_methods {
    struct vst3_base_methods base;
    vst3_result(VST3_CALL *get_factory_info)(void *self, struct vst3_factory_info *info);
    int32_t(VST3_CALL *count_classes)(void *self);
    vst3_result(VST3_CALL *get_class_info)(void *self, int32_t index, struct vst3_class_info *info);
    vst3_result(VST3_CALL *create_instance)(void *self, const char *class_id, const char *interface_id, void **object);
    vst3_result(VST3_CALL *get_class_info_2)(void *self, int32_t index, struct vst3_class_info_2 *info);
};

struct vst3_component_methods {
    struct vst3_base_methods base;
    vst3_result(VST3_CALL *initialize)(void *self, void *host);
    vst3_result(VST3_CALL *terminate)(void *self);
    vst3_result(VST3_CALL *get_controller_class_id)(void *self, char *id);
    vst3_result(VST3_CALL *set_io_mode)(void *self, int32_t mode);
    int32_t(VST3_CALL *get_bus_count)(void *self, int32_t media, int32_t direction);
    vst3_result(VST3_CALL *get_bus_info)(void *self, int32_t media, int32_t direction, int32_t index,
                                         struct vst3_bus_info *info);
    vst3_result(VST3_CALL *get_routing_info)(void *self, void *input, void *output);
    vst3_result(VST3_CALL *activate_bus)(void *self, int32_t media, int32_t direction, int32_t index, uint8_t active);
    vst3_result(VST3_CALL *set_active)(void *self, uint8_t active);
    vst3_result(VST3_CALL *set_state)(void *self, void *stream);
    vst3_result(VST3_CALL *get_state)(void *self, void *stream);
};

struct vst3_processor_methods {
    struct vst3_base_methods base;
    vst3_result(VST3_CALL *set_bus_arrangements)(void *self, uint64_t *inputs, int32_t input_count, uint64_t *outputs,
                                                 int32_t output_count);
    vst3_result(VST3_CALL *get_bus_arrangement)(void *self, int32_t direction, int32_t index, uint64_t *arrangement);
    vst3_result(VST3_CALL *can_process_sample_size)(void *self, int32_t sample_size);
    uint32_t(VST3_CALL *get_latency)(void *self);
    vst3_result(VST3_CALL *setup_processing)(void *self, struct vst3_process_setup *setup);
    vst3_result(VST3_CALL *set_processing)(void *self, uint8_t processing);
    vst3_result(VST3_CALL *process)(void *self, struct vst3_process_data *data);
    uint32_t(VST3_CALL *get_tail)(void *self);
};

struct vst3_controller_methods {
    struct vst3_base_methods base;
    vst3_result(VST3_CALL *initialize)(void *self, void *host);
    vst3_result(VST3_CALL *terminate)(void *self);
    vst3_result(VST3_CALL *set_component_state)(void *self, void *stream);
    vst3_result(VST3_CALL *set_state)(void *self, void *stream);
    vst3_result(VST3_CALL *get_state)(void *self, void *stream);
    int32_t(VST3_CALL *get_parameter_count)(void *self);
    vst3_result(VST3_CALL *get_parameter_info)(void *self, int32_t index, struct vst3_parameter_info *info);
    vst3_result(VST3_CALL *get_text_of_value)(void *self, uint32_t id, double normalised, vst3_char *text);
    vst3_result(VST3_CALL *get_value_of_text)(void *self, uint32_t id, vst3_char *text, double *normalised);
    double(VST3_CALL *plain_of_normalised)(void *self, uint32_t id, double normalised);
    double(VST3_CALL *normalised_of_plain)(void *self, uint32_t id, double plain);
    double(VST3_CALL *get_normalised)(void *self, uint32_t id);
    vst3_result(VST3_CALL *set_normalised)(void *self, uint32_t id, double normalised);
    vst3_result(VST3_CALL *set_component_handler)(void *self, void *handler);
    void *(VST3_CALL *create_view)(void *self, const char *name);
};

struct vst3_process_context_requirements_methods {
    struct vst3_base_methods base;
    uint32_t(VST3_CALL *get_requirements)(void *self);
};

/* Interfaces of the host. */

struct vst3_component_handler_methods {
    struct vst3_base_methods base;
    vst3_result(VST3_CALL *begin_edit)(void *self, uint32_t id);
    vst3_result(VST3_CALL *perform_edit)(void *self, uint32_t id, double normalised);
    vst3_result(VST3_CALL *end_edit)(void *self, uint32_t id);
    vst3_result(VST3_CALL *restart_component)(void *self, int32_t flags);
};

struct vst3_stream_methods {
    struct vst3_base_methods base;
    vst3_result(VST3_CALL *read)(void *self, void *buffer, int32_t size, int32_t *done);
    vst3_result(VST3_CALL *write)(void *self, void *buffer, int32_t size, int32_t *done);
    vst3_result(VST3_CALL *seek)(void *self, int64_t position, int32_t mode, int64_t *result);
    vst3_result(VST3_CALL *tell)(void *self, int64_t *position);
};

struct vst3_parameter_queue_methods {
    struct vst3_base_methods base;
    uint32_t(VST3_CALL *get_parameter_id)(void *self);
    int32_t(VST3_CALL *get_point_count)(void *self);
    vst3_result(VST3_CALL *get_point)(void *self, int32_t index, int32_t *frame, double *normalised);
    vst3_result(VST3_CALL *add_point)(void *self, int32_t frame, double normalised, int32_t *index);
};

struct vst3_parameter_changes_methods {
    struct vst3_base_methods base;
    int32_t(VST3_CALL *get_parameter_count)(void *self);
    void *(VST3_CALL *get_parameter_data)(void *self, int32_t index);
    void *(VST3_CALL *add_parameter_data)(void *self, const uint32_t *id, int32_t *index);
};

/* The table of functions of a host's object: its first word. */
static inline const void *vst3_methods(const void *object) {
    return *(const void *const *)object;
}

#endif
