package dev.restbus.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * Threads that each produce numbered records under a key of their own, one at a time with {@code
 * acks=all}, until the bus no longer answers. None repeats a record, so that each is stored at most
 * once.
 */
final class Producers implements AutoCloseable {

    private final BusHttp http;
    private final String topic;
    private final int round;
    private final AckedRecords acked;
    private final Semaphore acknowledged = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();

    private Producers(BusHttp http, String topic, int round, AckedRecords acked) {
        this.http = http;
        this.topic = topic;
        this.round = round;
        this.acked = acked;
    }

    /**
     * Starts them.
     *
     * @param round numbers grow from one round to the next, so that order can be told
     */
    static Producers start(BusHttp http, String topic, int count, int round, AckedRecords acked) {
        Producers producers = new Producers(http, topic, round, acked);
        for (int i = 0; i < count; i++) {
            String key = "key-" + i;
            Thread thread = new Thread(() -> producers.produce(key), "producer-" + i);
            producers.threads.add(thread);
            thread.start();
        }
        return producers;
    }

    /** Waits until so many more records were confirmed. */
    void awaitAcknowledged(int records) throws InterruptedException {
        if (!acknowledged.tryAcquire(records, 60, TimeUnit.SECONDS)) {
            throw new AssertionError("producing stalled: fewer than " + records + " in 60 s");
        }
    }

    private void produce(String key) {
        int sequence = round * 1_000_000;
        try {
            while (!Thread.currentThread().isInterrupted()) {
                String value = "{\"n\":" + sequence++ + "}";
                BusHttp.Reply reply =
                        http.post("/v1/topics/" + topic + "?acks=all&key=" + key, value);
                if (reply.status() != 201) {
                    return;
                }
                JsonNode stored = reply.body();
                acked.add(stored.get("partition").asInt(), stored.get("offset").asLong(), value);
                acknowledged.release();
            }
        } catch (IOException e) {
            // The bus is gone: what was in flight is not confirmed, and nothing more is sent.
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join(TimeUnit.SECONDS.toMillis(40));
        }
    }
}
