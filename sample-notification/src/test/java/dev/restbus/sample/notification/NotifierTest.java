package dev.restbus.sample.notification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import dev.restbus.client.spring.BusListeners;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.http.MediaType;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.servlet.MockMvc;

@SpringBootTest
@AutoConfigureMockMvc
class NotifierTest {

    private static final FakeBus BUS = FakeBus.start();

    @Autowired private MockMvc http;
    @Autowired private BusListeners listeners;
    @Autowired private Subscription subscription;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("bus.client.url", BUS::url);
    }

    @AfterAll
    static void stop() {
        BUS.close();
    }

    @Test
    void the_retry_policy_is_agreed_before_the_listeners_start() throws Exception {
        subscription.awaitDone();

        assertThat(listeners.isRunning()).isTrue();
        assertThat(BUS.requests())
                .contains(
                        "PUT /v1/topics/failed-messages {\"partitions\":3}",
                        "PUT /v1/topics/failed-messages.sent {\"partitions\":1}",
                        "PUT /v1/groups/notification {\"retry\":{\"maxAttempts\":4,"
                                + "\"backoff\":{\"type\":\"fixed\",\"initial\":\"1s\"},"
                                + "\"deadLetter\":{\"topic\":\"failed-messages\"}}}");
    }

    @Test
    void the_listener_is_paced() {
        assertThat(listeners.get("notifications").options().ratePerSecond()).isEqualTo(15);
        assertThat(listeners.get("orders").options().ratePerSecond()).isNull();
    }

    @Test
    void a_notification_is_put_on_the_bus_and_its_failure_can_be_sent_back() throws Exception {
        http.perform(
                        post("/notifications")
                                .contentType(MediaType.APPLICATION_JSON)
                                .content("{\"recipient\":\"nobody\",\"text\":\"Hello\"}"))
                .andExpect(status().isCreated())
                .andExpect(jsonPath("$.topic").value("notifications"));
        BUS.append(
                "failed-messages",
                1,
                """
                {"key":"k","value":{"id":"a"},"headers":{"bus-dlq-origin-topic":"notifications",
                 "bus-dlq-origin-partition":"1"}}
                """);

        http.perform(get("/failed"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$[0].id").value("1-0"))
                .andExpect(jsonPath("$[0].value.id").value("a"));
        http.perform(
                        post("/failed/1-0/send-back")
                                .contentType(MediaType.APPLICATION_JSON)
                                .content("{\"value\":{\"id\":\"a\",\"recipient\":\"a@b\"}}"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.already").value(false));
        http.perform(post("/failed/1-0/send-back"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.already").value(true));
        http.perform(get("/failed/9-9")).andExpect(status().isNotFound());
        assertThat(BUS.records("notifications", 1)).hasSize(1);
    }

    @Test
    void the_delivery_can_take_a_break() throws Exception {
        subscription.awaitDone();
        http.perform(post("/delivery/stop")).andExpect(status().isNoContent());
        http.perform(get("/stats"))
                .andExpect(jsonPath("$.listening").value(false))
                .andExpect(jsonPath("$.perSecond").value(15.0))
                .andExpect(jsonPath("$.connected").value(true));
        http.perform(post("/delivery/start")).andExpect(status().isNoContent());
        http.perform(get("/stats")).andExpect(jsonPath("$.listening").value(true));
    }

    @Test
    void the_page_and_the_api_description_are_served() throws Exception {
        for (String path : List.of("/", "/sample.css", "/sample.js", "/notifier.js")) {
            http.perform(get(path)).andExpect(status().isOk());
        }
        http.perform(get("/v3/api-docs"))
                .andExpect(jsonPath("$.paths['/failed/{id}/send-back'].post").exists());
    }
}
