package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand topics on one bus, of which a hundred are busy: its open files stay bounded, and it
 * starts again after a kill with all of them.
 */
@Tag("long")
class ManyTopicsOverHttpTest {

    private static final int TOPICS = 10_000;
    private static final int BUSY = 100;
    private static final int CALLERS = 4;

    /** Half of what a process may open, 4,096 at most, and what the JVM and its sockets take. */
    private static final int MOST_OPEN_FILES = 4_096 + 400;

    @TempDir Path folder;

    @Test
    void theBusKeepsThemAllAndFewFilesOpen() throws Exception {
        Path data = folder.resolve("data");
        try (BusProcess bus = BusProcess.start(data)) {
            BusHttp http = new BusHttp(bus.url());
            forAll(TOPICS, topic -> http.put(path(topic), "{\"partitions\":1}").expect(201));
            forAll(TOPICS, topic -> http.post(path(topic), "first of " + topic).expect(201));
            forAll(20 * BUSY, i -> http.post(path(i % BUSY), "busy").expect(201));
            System.out.println(TOPICS + " topics, files open: " + openFiles(bus));
            assertThat(openFiles(bus)).isLessThan(MOST_OPEN_FILES);
            bus.kill();
        }
        try (BusProcess bus = BusProcess.start(data)) {
            BusHttp http = new BusHttp(bus.url());
            forAll(TOPICS, topic -> assertIsThere(http, topic));
            forAll(TOPICS, topic -> http.post(path(topic), "next").expect(201));
            System.out.println("after a kill and a start, files open: " + openFiles(bus));
            assertThat(openFiles(bus)).isLessThan(MOST_OPEN_FILES);
            bus.stop();
        }
        Launcher.Result check = Launcher.run("check", data.toString());
        assertThat(check.exitCode()).as(check.output()).isZero();
    }

    private static String path(int topic) {
        return "/v1/topics/many-" + topic;
    }

    private static void assertIsThere(BusHttp http, int topic) throws IOException {
        BusHttp.Reply read =
                http.get(path(topic) + "/partitions/0/records?offset=earliest").expect(200);
        assertThat(read.body().get("records").size()).isEqualTo(topic < BUSY ? 21 : 1);
        assertThat(read.body().get("records").get(0).get("value").asString())
                .isEqualTo("first of " + topic);
    }

    @FunctionalInterface
    private interface Call {
        void of(int number) throws IOException;
    }

    private static void forAll(int count, Call call) throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                int first = caller;
                running.add(
                        callers.submit(
                                () -> {
                                    for (int i = first; i < count; i += CALLERS) {
                                        call.of(i);
                                    }
                                    return null;
                                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            callers.shutdownNow();
        }
    }

    private static long openFiles(BusProcess bus) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + bus.pid() + "/fd"))) {
            return files.count();
        }
    }
}
