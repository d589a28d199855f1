package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The shop and the notifier on one bus: pace, failures, and a notifier that is away. */
class NotificationsTest {

    private static final long LOOK_EVERY_MS = 100;

    @TempDir private static Path folder;
    private static BusProcess bus;
    private static SampleProcess shop;

    @BeforeAll
    static void start() {
        bus = BusProcess.start(folder);
        shop = SampleProcess.start("sample-ecommerce", bus.url());
    }

    @AfterAll
    static void stop() {
        if (shop != null) {
            shop.close();
        }
        if (bus != null) {
            bus.close();
        }
    }

    /** 60 a second for 20 s against 15 a second: 900 wait, and are gone 60 s later. */
    @Test
    void theNotifierKeepsItsPaceAndLosesNothing() throws Exception {
        try (SampleProcess sample = startNotifier()) {
            BusHttp notifier = new BusHttp(sample.url());
            BusHttp producers = new BusHttp(shop.url());
            producers.post("/producers/burst?seconds=20", "").expect(202);
            until(60, () -> !producers.get("/stats").body().at("/burst/running").asBoolean());
            long endNanos = System.nanoTime();
            long waiting = lag("notification");
            until(120, () -> lag("notification") == 0);
            double drainedS = (System.nanoTime() - endNanos) / 1e9;

            JsonNode burst = producers.get("/stats").body().get("burst");
            JsonNode delivery = notifier.get("/stats").body().get("delivery");
            System.out.printf("waiting %d, drained after %.1f s%n", waiting, drainedS);
            assertThat(burst.get("sent").asInt()).isEqualTo(1_200);
            assertThat(waiting).isBetween(882L, 918L);
            assertThat(drainedS).isBetween(57.0, 66.0);
            assertThat(delivery.get("delivered").asInt()).isEqualTo(1_200);
            assertThat(delivery.get("duplicates").asInt()).isZero();
            assertThat(delivery.get("outOfOrder").asInt()).isZero();
        }
    }

    @Test
    void aNotificationThatFailsIsTriedFourTimesCorrectedAndDeliveredOnce() throws Exception {
        try (SampleProcess sample = startNotifier()) {
            BusHttp notifier = new BusHttp(sample.url());
            JsonNode sent =
                    new BusHttp(bus.url())
                            .post("/v1/topics/notifications/records", eightOfWhichOneFails())
                            .expect(201)
                            .body();
            until(30, () -> notifier.get("/failed").body().size() == 1);
            until(30, () -> delivered(notifier) == 7);

            JsonNode failed = notifier.get("/failed").body().get(0);
            assertThat(failed.get("attempts").asInt()).isEqualTo(4);
            assertThat(failed.get("offset")).isEqualTo(sent.at("/records/3/offset"));
            assertThat(secondsOfTrying()).isBetween(3.0, 5.0);

            String path = "/failed/" + failed.get("id").asString() + "/send-back";
            String corrected = "{\"value\":" + notification(3, "ann@example.com") + "}";
            JsonNode copy = notifier.postJson(path, corrected).expect(200).body();
            JsonNode again = notifier.postJson(path, corrected).expect(200).body();
            until(30, () -> delivered(notifier) == 8 && lag("notification") == 0);

            assertThat(again.get("copy")).isEqualTo(copy.get("copy"));
            assertThat(again.get("already").asBoolean()).isTrue();
            assertThat(copy.get("copy").asString()).startsWith("2-");
            JsonNode delivery = notifier.get("/stats").body().get("delivery");
            assertThat(delivery.get("delivered").asInt()).isEqualTo(8);
            assertThat(delivery.get("duplicates").asInt()).isZero();
            assertThat(delivery.get("failedAttempts").asInt()).isEqualTo(4);
        }
    }

    @Test
    void ordersAreAcceptedWhileTheNotifierIsAwayAndToldWhenItIsBack() throws Exception {
        String order =
                """
                {"customer":"7","email":"ann@example.com",
                 "lines":[{"sku":"a","quantity":1,"unitPrice":2.5}]}
                """;
        String id =
                new BusHttp(shop.url())
                        .postJson("/orders", order)
                        .expect(201)
                        .body()
                        .get("orderId")
                        .asString();
        try (SampleProcess sample = startNotifier()) {
            BusHttp notifier = new BusHttp(sample.url());
            until(30, () -> delivered(notifier) == 1);

            assertThat(notifier.get("/notifications").body().get(0).get("id").asString())
                    .isEqualTo("order-" + id + "-placed");
        }
    }

    /** Ready, and a member of its group. */
    private static SampleProcess startNotifier() throws IOException {
        SampleProcess notifier = SampleProcess.start("sample-notification", bus.url());
        until(
                30,
                () ->
                        new BusHttp(bus.url())
                                        .get("/v1/groups/notification")
                                        .body()
                                        .path("members")
                                        .size()
                                == 1);
        return notifier;
    }

    /** All of one partition, so that the one that fails holds up those behind it. */
    private static String eightOfWhichOneFails() {
        StringBuilder records = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            records.append(i == 0 ? "" : ",")
                    .append("{\"key\":\"k\",\"partition\":2,\"value\":")
                    .append(notification(i, i == 3 ? "nobody" : "ann@example.com"))
                    .append("}");
        }
        return "{\"records\":[" + records + "]}";
    }

    private static String notification(int number, String recipient) {
        return "{\"id\":\"n-%d\",\"number\":%d,\"recipient\":\"%s\",\"text\":\"t\"}"
                .formatted(number, number, recipient);
    }

    /** From the first failure to the last, as the dead letter has them. */
    private static double secondsOfTrying() throws IOException {
        JsonNode headers =
                new BusHttp(bus.url()).readTopic("failed-messages").get(0).get("headers");
        Duration trying =
                Duration.between(
                        Instant.parse(headers.get("bus-dlq-first-failure").asString()),
                        Instant.parse(headers.get("bus-dlq-last-failure").asString()));
        return trying.toMillis() / 1e3;
    }

    private static int delivered(BusHttp notifier) throws IOException {
        return notifier.get("/stats").body().at("/delivery/delivered").asInt();
    }

    private static long lag(String group) throws IOException {
        return new BusHttp(bus.url())
                .get("/v1/groups/" + group)
                .expect(200)
                .body()
                .get("lag")
                .asLong();
    }

    private static void until(int seconds, Condition condition) throws IOException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("patience of %d s", seconds).isLessThan(endNanos);
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }
}
