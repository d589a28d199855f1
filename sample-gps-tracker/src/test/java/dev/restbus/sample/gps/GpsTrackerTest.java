package dev.restbus.sample.gps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.delete;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.multipart;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.http.MediaType;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.ResultActions;
import tools.jackson.databind.JsonNode;

@SpringBootTest(properties = "bus.client.listeners-enabled=false")
@AutoConfigureMockMvc
class GpsTrackerTest {

    private static final LogBus BUS = LogBus.start();

    private static final String CSV =
            """
            track_id,lon,lat,speed_kmh,time
            7,23.73,37.99,12.5,1970-01-01 00:00:00.000
            7,23.74,37.99,13.5,1970-01-01 00:00:02.000
            8,23.75,37.98,55.5,1970-01-01 00:00:01.500
            """;

    @Autowired private MockMvc http;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("bus.client.url", BUS::url);
    }

    @AfterAll
    static void stop() {
        BUS.close();
    }

    @BeforeEach
    void forget() {
        BUS.forget();
    }

    @Test
    void a_line_becomes_a_fix_keyed_by_its_track_and_stamped_with_its_time() throws Exception {
        imported(CSV, "text/csv")
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.vehicles").value(2))
                .andExpect(jsonPath("$.points").value(3));

        assertThat(texts("/key")).containsExactly("7", "8", "7");
        assertThat(texts("/timestamp")).containsExactly("0", "1500", "2000");
        assertThat(texts("/value/lon")).containsExactly("23.73", "23.75", "23.74");
        assertThat(texts("/value/seq")).containsExactly("1", "1", "2");
        http.perform(get("/fixes/import"))
                .andExpect(jsonPath("$.sent").value(3))
                .andExpect(jsonPath("$.running").value(false));
    }

    @Test
    void curl_need_not_say_the_type_of_a_file() throws Exception {
        imported(CSV, MediaType.APPLICATION_FORM_URLENCODED_VALUE).andExpect(status().isOk());
        assertThat(BUS.records()).hasSize(3);
    }

    @Test
    void a_form_upload_is_the_same() throws Exception {
        byte[] file = CSV.getBytes(StandardCharsets.UTF_8);
        http.perform(multipart("/fixes/import").file("file", file))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.points").value(3));
    }

    @Test
    void a_request_to_the_bus_has_at_most_500_records() throws Exception {
        String many =
                IntStream.range(0, 1_201)
                        .mapToObj(i -> "v,1,2,3,1970-01-01 00:00:00.000\n")
                        .collect(Collectors.joining());
        imported("track_id,lon,lat,speed_kmh,time\n" + many, "text/csv").andExpect(status().isOk());

        assertThat(BUS.requestSizes()).containsExactly(500, 500, 201);
        assertThat(texts("/value/seq"))
                .isEqualTo(IntStream.rangeClosed(1, 1_201).mapToObj(String::valueOf).toList());
    }

    @Test
    void a_bad_line_is_named_and_nothing_is_sent() throws Exception {
        imported(CSV + "9,x,1,1,1970-01-01 00:00:00.000\n", "text/csv")
                .andExpect(status().isUnprocessableContent())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
                .andExpect(jsonPath("$.code").value("bad-line"))
                .andExpect(jsonPath("$.line").value(5));
        assertThat(BUS.records()).isEmpty();
    }

    @Test
    void a_file_above_16_MiB_is_refused() throws Exception {
        http.perform(post("/fixes/import").contentType("text/csv").content(new byte[17 << 20]))
                .andExpect(status().isContentTooLarge())
                .andExpect(jsonPath("$.code").value("body-too-large"));
        imported(CSV, "text/csv").andExpect(status().isOk());
    }

    @Test
    void a_bus_that_refuses_is_told() throws Exception {
        BUS.refuse(true);
        imported(CSV, "text/csv")
                .andExpect(status().isServiceUnavailable())
                .andExpect(header().exists("Retry-After"))
                .andExpect(jsonPath("$.detail").value(containsString("after 0 fixes")));
    }

    @Test
    void a_replay_at_a_pace_answers_at_once_and_can_be_cancelled() throws Exception {
        http.perform(post("/fixes/import?speed=0.001").contentType("text/csv").content(CSV))
                .andExpect(status().isAccepted())
                .andExpect(jsonPath("$.points").value(3));
        imported(CSV, "text/csv")
                .andExpect(status().isConflict())
                .andExpect(jsonPath("$.code").value("import-running"));
        http.perform(delete("/fixes/import")).andExpect(status().isNoContent());
        awaitEndOfImport();
        http.perform(get("/fixes/import")).andExpect(jsonPath("$.failure").value("cancelled"));
    }

    @Test
    void the_speed_is_a_number_above_zero() throws Exception {
        for (String speed : List.of("0", "-1", "NaN", "fast")) {
            http.perform(post("/fixes/import?speed=" + speed).content(CSV))
                    .andExpect(status().isUnprocessableContent());
        }
        assertThat(BUS.records()).isEmpty();
    }

    @Test
    void the_fleet_takes_0_to_5000_cabs() throws Exception {
        posted("/fleet", "{\"cabs\":5000}").andExpect(jsonPath("$.cabs").value(5000));
        posted("/fleet", "{\"cabs\":0}").andExpect(status().isOk());
        posted("/fleet", "{\"cabs\":5001}").andExpect(status().isUnprocessableContent());
        posted("/fleet", "{\"cabs\":-1}").andExpect(status().isUnprocessableContent());
        posted("/fleet", "{\"taxis\":1}").andExpect(status().isBadRequest());
        posted("/fleet", "{}").andExpect(status().isBadRequest());
    }

    @Test
    void the_dashboard_takes_a_rate_or_none() throws Exception {
        posted("/dashboard", "{\"ratePerSecond\":50}").andExpect(status().isOk());
        http.perform(get("/dashboard")).andExpect(jsonPath("$.ratePerSecond").value(50.0));
        posted("/dashboard", "{\"ratePerSecond\":null}").andExpect(status().isOk());
        http.perform(get("/stats")).andExpect(jsonPath("$.ratePerSecond").isEmpty());
        posted("/dashboard", "{\"ratePerSecond\":0}").andExpect(status().isUnprocessableContent());
        posted("/dashboard", "{\"rate\":5}").andExpect(status().isBadRequest());
    }

    @Test
    void an_unknown_cab_is_404() throws Exception {
        http.perform(get("/cabs/nobody"))
                .andExpect(status().isNotFound())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON));
        http.perform(get("/cabs")).andExpect(jsonPath("$.items").isEmpty());
    }

    @Test
    void the_numbers_of_the_page_are_all_there() throws Exception {
        http.perform(get("/stats"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.cabs").value(0))
                .andExpect(jsonPath("$.fixesShown").value(0))
                .andExpect(jsonPath("$.orderViolations").value(0))
                .andExpect(jsonPath("$.states.fresh").value(0))
                .andExpect(jsonPath("$.busUrl").value(BUS.url()))
                .andExpect(jsonPath("$.fixesPerCab").isMap());
        http.perform(get("/stats?counts=false")).andExpect(jsonPath("$.fixesPerCab").isEmpty());
        http.perform(get("/stats/history")).andExpect(jsonPath("$").isArray());
        http.perform(get("/speeding")).andExpect(jsonPath("$.limitKmh").value(50.0));
        http.perform(get("/roads")).andExpect(jsonPath("$.crossings.length()").value(187));
    }

    @Test
    void the_page_and_what_it_shares_are_served() throws Exception {
        for (String file : List.of("index.html", "page.js", "map.js", "map.css", "sample.js")) {
            http.perform(get("/" + file)).andExpect(status().isOk());
        }
    }

    @Test
    void every_call_is_described() throws Exception {
        http.perform(get("/v3/api-docs"))
                .andExpect(jsonPath("$.paths['/fixes/import'].post.operationId").exists())
                .andExpect(jsonPath("$.paths['/fleet'].post.operationId").value("resizeFleet"))
                .andExpect(jsonPath("$.paths['/dashboard'].post.operationId").exists());
        http.perform(get("/actuator/health/readiness")).andExpect(status().isOk());
    }

    private ResultActions imported(String csv, String type) throws Exception {
        return http.perform(post("/fixes/import").contentType(type).content(csv));
    }

    /** As curl does, which says that a body is a form. */
    private ResultActions posted(String path, String body) throws Exception {
        return http.perform(
                post(path).contentType(MediaType.APPLICATION_FORM_URLENCODED).content(body));
    }

    private void awaitEndOfImport() throws Exception {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() < deadline && progress().contains("\"running\":true")) {
            Thread.onSpinWait();
        }
    }

    private String progress() throws Exception {
        return http.perform(get("/fixes/import")).andReturn().getResponse().getContentAsString();
    }

    private static List<String> texts(String pointer) {
        return BUS.records().stream()
                .map(record -> record.at(pointer))
                .map(JsonNode::asString)
                .toList();
    }
}
