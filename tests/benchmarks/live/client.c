/* A JACK client in C: eight biquads and tanh a sample, and a count of what goes wrong.
 *
 * usage: client SERVER NAME. On SIGTERM it prints: xruns gaps late callbacks p50 p99 longest (microseconds).
 * gaps: cycles it was not called for; late: callbacks that ended after the cycle. */
#include <jack/jack.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BIQUADS = 8, BINS = 1 << 14 };

static jack_client_t *client;
static jack_port_t *input, *output;
static double state[BIQUADS][2];
static unsigned long bins[BINS], callbacks, xruns, gaps, late;
static double longest;
static jack_nframes_t expected;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static int process(jack_nframes_t frames, void *unused) { /* audio thread */
    (void)unused;
    const double begun = now();
    const jack_nframes_t cycle = jack_last_frame_time(client);
    if (callbacks && cycle != expected) gaps++;
    expected = cycle + frames;
    const float *in = jack_port_get_buffer(input, frames);
    float *out = jack_port_get_buffer(output, frames);
    for (jack_nframes_t i = 0; i < frames; i++) {
        double x = in[i];
        for (int b = 0; b < BIQUADS; b++) {
            const double y = 0.2 * x + state[b][0];
            state[b][0] = 0.3 * x - 0.1 * y + state[b][1];
            state[b][1] = 0.2 * x - 0.2 * y;
            x = y;
        }
        out[i] = (float)tanh(x);
    }
    if (jack_frames_since_cycle_start(client) > frames) late++;
    const double elapsed = now() - begun;
    bins[elapsed < BINS - 1 ? (int)elapsed : BINS - 1]++;
    if (elapsed > longest) longest = elapsed;
    callbacks++;
    return 0;
}

static int xrun(void *unused) {
    (void)unused;
    xruns++;
    return 0;
}

static int percentile(double part) {
    unsigned long sum = 0;
    for (int bin = 0; bin < BINS; bin++)
        if ((double)(sum += bins[bin]) >= part * (double)callbacks) return bin + 1;
    return BINS;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    client = jack_client_open(arguments[2], JackNoStartServer | JackServerName, NULL, arguments[1]);
    if (!client) return 1;
    jack_set_process_callback(client, process, NULL);
    jack_set_xrun_callback(client, xrun, NULL);
    input = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    output = jack_port_register(client, "out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    if (!input || !output || jack_activate(client)) return 1;
    jack_connect(client, "system:capture_1", jack_port_name(input));
    jack_connect(client, jack_port_name(output), "system:playback_1");
    int ended;
    sigwait(&ends, &ended);
    jack_deactivate(client);
    printf("%lu %lu %lu %lu %d %d %.0f\n", xruns, gaps, late, callbacks, percentile(0.5), percentile(0.99), longest);
    jack_client_close(client);
    return 0;
}
