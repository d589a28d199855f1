package dev.restbus.client.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusRecord;
import dev.restbus.client.ScriptedBus;
import dev.restbus.client.ScriptedBus.Call;
import dev.restbus.client.ScriptedBus.Reply;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class BusAutoConfigurationTest {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(BusAutoConfiguration.class));

    @Test
    void theStarterIsFoundByBoot() {
        assertThat(ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()))
                .contains(BusAutoConfiguration.class.getName());
    }

    @Test
    void aTemplateSendsToTheConfiguredUrl() throws Exception {
        Reply stored = Reply.of(201, "{\"records\":[{\"partition\":0,\"offset\":3}]}");
        try (ScriptedBus bus = ScriptedBus.replying(stored)) {
            runner.withPropertyValues("bus.client.url=" + bus.url(), "bus.client.token=t")
                    .run(
                            context -> {
                                BusTemplate template = context.getBean(BusTemplate.class);
                                assertThat(template.send("orders", Map.of("a", 1)).offset())
                                        .isEqualTo(3);
                                assertThat(bus.calls().get(0).authorization())
                                        .isEqualTo("Bearer t");
                            });
        }
    }

    @Test
    void aClientOfTheApplicationWins() {
        try (BusClient own = BusClient.connect("http://127.0.0.1:1")) {
            runner.withBean(BusClient.class, () -> own)
                    .run(context -> assertThat(context.getBean(BusClient.class)).isSameAs(own));
        }
    }

    @Test
    void listenersGetTheirRecordsUntilTheContextCloses() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        AtomicBoolean handedOut = new AtomicBoolean();
        try (ScriptedBus bus = new ScriptedBus(call -> answer(call, handedOut, ended))) {
            runner.withPropertyValues("bus.client.url=" + bus.url(), "shop.topic=orders")
                    .withBean(Shop.class)
                    .run(
                            context -> {
                                Shop shop = context.getBean(Shop.class);
                                assertThat(shop.seen.poll(20, TimeUnit.SECONDS))
                                        .isEqualTo("c-7 pays 12.5 at orders-0@4");
                                assertThat(
                                                context.getBean(BusListeners.class)
                                                        .get("shop.onOrder")
                                                        .isRunning())
                                        .isTrue();
                            });

            assertThat(bus.lines().get(0))
                    .contains("/v1/groups/shop/members/shop-")
                    .contains("topics=orders&max=7&")
                    .contains("autoOffsetReset=latest&sessionTimeout=10s");
            assertThat(bus.lines()).last().asString().startsWith("DELETE /v1/groups/shop/members/");
            ended.countDown();
        }
    }

    @Test
    void listenersCanBeLeftStopped() {
        runner.withPropertyValues("bus.client.listeners-enabled=false", "shop.topic=orders")
                .withBean(Shop.class)
                .run(
                        context -> {
                            BusListeners listeners = context.getBean(BusListeners.class);
                            assertThat(listeners.get("shop.onOrder").isRunning()).isFalse();
                            assertThatThrownBy(() -> listeners.get("other"))
                                    .hasMessageContaining("shop.onOrder");
                        });
    }

    private static Reply answer(Call call, AtomicBoolean handedOut, CountDownLatch ended) {
        if (!call.path().endsWith("/poll")) {
            return Reply.of(204, "");
        }
        if (handedOut.compareAndSet(false, true)) {
            return Reply.of(
                    200,
                    """
                    {"records":[{"topic":"orders","partition":0,"offset":4,"key":"c-7",
                      "value":{"customer":"c-7","total":12.5}}],
                     "batch":"b","memberEpoch":1,"assignment":[]}
                    """);
        }
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Reply.LOST;
    }

    record Order(String customer, double total) {}

    static class Shop {

        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

        @BusListener(
                id = "shop.onOrder",
                topics = "${shop.topic}",
                group = "shop",
                maxRecords = "7",
                sessionTimeout = "10s",
                startAt = "latest")
        void onOrder(Order order, BusRecord record) {
            seen.add(order.customer() + " pays " + order.total() + " at " + record);
        }
    }
}
