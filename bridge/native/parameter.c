#include "parameter.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double SAME_NORMALISED = 1e-6;

bool parameter_is_valid(const struct parameter *parameter) {
    return isfinite(parameter->minimum) && isfinite(parameter->maximum) && parameter->minimum < parameter->maximum &&
           parameter->default_value >= parameter->minimum && parameter->default_value <= parameter->maximum &&
           parameter->steps >= 0 && (!parameter->logarithmic || parameter->minimum > 0.0) &&
           parameter->label_count >= 0;
}

double parameter_clamp(const struct parameter *parameter, double plain) {
    if (!(plain > parameter->minimum)) return parameter->minimum;
    return plain < parameter->maximum ? plain : parameter->maximum;
}

double parameter_plain(const struct parameter *parameter, double normalised) {
    double position = !(normalised > 0.0) ? 0.0 : normalised < 1.0 ? normalised : 1.0;
    if (parameter->steps > 0) position = round(position * parameter->steps) / parameter->steps;
    if (position >= 1.0) return parameter->maximum;
    if (parameter->logarithmic) return parameter->minimum * pow(parameter->maximum / parameter->minimum, position);
    return parameter->minimum + (parameter->maximum - parameter->minimum) * position;
}

double parameter_normalised(const struct parameter *parameter, double plain) {
    if (parameter->logarithmic) {
        return log(parameter_clamp(parameter, plain) / parameter->minimum) /
               log(parameter->maximum / parameter->minimum);
    }
    return (parameter_clamp(parameter, plain) - parameter->minimum) / (parameter->maximum - parameter->minimum);
}

bool parameter_means(const struct parameter *parameter, double normalised, double plain) {
    return fabs(normalised - parameter_normalised(parameter, plain)) <= SAME_NORMALISED;
}

/* A program may have set a locale that writes numbers with a comma; texts of parameters always have a point. */
static void exchange(char *text, char from, char to) {
    for (; *text; text++) {
        if (*text == from) *text = to;
    }
}

static bool is_switch(const struct parameter *parameter) {
    return parameter->steps == 1 && parameter->minimum == 0.0 && parameter->maximum == 1.0;
}

/* Enough decimals to tell a hundred to a thousand positions apart: pedalboard reads the texts of 1001 positions, and
 * every different one costs it time. */
static int decimals(const struct parameter *parameter) {
    int digits = 2 - (int)floor(log10(parameter->maximum - parameter->minimum));
    return digits < 0 ? 0 : digits > 9 ? 9 : digits;
}

void text_widen(vst3_char *text, const char *ascii) {
    int length = 0;
    for (; ascii[length] && length < VST3_TEXT_SIZE - 1; length++) {
        unsigned char c = (unsigned char)ascii[length];
        text[length] = c < 128 ? c : '?';
    }
    text[length] = 0;
}

static const struct label *label_of(const struct parameter *parameter, double normalised) {
    for (int64_t i = 0; i < parameter->label_count; i++) {
        if (parameter_means(parameter, normalised, parameter->labels[i].value)) return &parameter->labels[i];
    }
    return NULL;
}

static const struct label *label_with(const struct parameter *parameter, const char *text) {
    for (int64_t i = 0; i < parameter->label_count; i++) {
        if (strcmp(parameter->labels[i].text, text) == 0) return &parameter->labels[i];
    }
    return NULL;
}

void parameter_write_text(const struct parameter *parameter, double normalised, vst3_char *text) {
    double plain = parameter_plain(parameter, normalised);
    char number[64];
    const struct label *label = label_of(parameter, parameter_normalised(parameter, plain));
    if (label) {
        text_widen(text, label->text);
        return;
    }
    if (is_switch(parameter)) {
        text_widen(text, plain >= 0.5 ? "On" : "Off");
        return;
    }
    snprintf(number, sizeof number, "%.*f", decimals(parameter), plain);
    exchange(number, localeconv()->decimal_point[0], '.');
    text_widen(text, number);
}

bool parameter_read_text(const struct parameter *parameter, const vst3_char *text, double *normalised) {
    char narrow[VST3_TEXT_SIZE];
    int length = 0;
    for (; text[length] && length < VST3_TEXT_SIZE - 1; length++) {
        narrow[length] = text[length] < 128 ? (char)text[length] : '?';
    }
    narrow[length] = 0;
    const struct label *label = label_with(parameter, narrow);
    if (label) {
        *normalised = parameter_normalised(parameter, label->value);
        return true;
    }
    if (is_switch(parameter) && (strcmp(narrow, "On") == 0 || strcmp(narrow, "Off") == 0)) {
        *normalised = narrow[1] == 'n' ? 1.0 : 0.0;
        return true;
    }
    exchange(narrow, '.', localeconv()->decimal_point[0]);
    char *end;
    double plain = strtod(narrow, &end);
    if (end == narrow || !isfinite(plain)) return false;
    *normalised = parameter_normalised(parameter, plain);
    return true;
}
