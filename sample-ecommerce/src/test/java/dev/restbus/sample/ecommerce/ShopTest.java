package dev.restbus.sample.ecommerce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.startsWith;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.multipart;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.put;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import java.util.ArrayList;
import java.util.List;
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

@SpringBootTest
@AutoConfigureMockMvc
class ShopTest {

    private static final RecordingBus BUS = RecordingBus.start();

    private static final String CSV =
            """
            InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
            7,A,LAMP,2,2010-12-01 08:26:00,2.50,17850.0,France
            7,B,BOX,1,2010-12-01 08:26:00,1.00,17850.0,France
            C8,A,LAMP,-2,2010-12-01 08:30:00,2.50,,France
            """;

    private static final String ORDER =
            """
            {"customer":"17850","email":"ann@example.com",
             "lines":[{"sku":"85123A","quantity":6,"unitPrice":2.55}]}
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
        BUS.records().clear();
        BUS.refuse(false);
    }

    @Test
    void an_order_is_on_the_bus_when_it_is_answered() throws Exception {
        order(ORDER)
                .andExpect(status().isCreated())
                .andExpect(header().string("Location", startsWith("/orders#")))
                .andExpect(jsonPath("$.total").value(15.30))
                .andExpect(jsonPath("$.record").value("0-0"));

        JsonNode sent = BUS.records().get(0);
        assertThat(sent.path("topic").asString()).isEqualTo("orders");
        assertThat(sent.path("key").asString()).isEqualTo("17850");
        assertThat(sent.path("value").path("type").asString()).isEqualTo("placed");
        assertThat(sent.path("value").path("email").asString()).isEqualTo("ann@example.com");
        http.perform(get("/orders"))
                .andExpect(jsonPath("$[0].orderId").value(sent.at("/value/orderId").asString()));
    }

    @Test
    void an_order_that_is_not_valid_is_refused_field_by_field() throws Exception {
        order("{\"customer\":\" \",\"email\":\"x\",\"lines\":[{\"sku\":\"a\",\"quantity\":0}]}")
                .andExpect(status().isUnprocessableContent())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
                .andExpect(jsonPath("$.errors.length()").value(4))
                .andExpect(jsonPath("$.errors[?(@.pointer == '/lines/0/quantity')]").exists());
        assertThat(BUS.records()).isEmpty();
    }

    @Test
    void an_order_that_the_bus_does_not_take_is_not_accepted() throws Exception {
        BUS.refuse(true);

        order(ORDER)
                .andExpect(status().isServiceUnavailable())
                .andExpect(header().exists("Retry-After"))
                .andExpect(jsonPath("$.outcome").value("none"));
    }

    @Test
    void a_file_becomes_one_event_an_invoice() throws Exception {
        imported(CSV)
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.invoices").value(2))
                .andExpect(jsonPath("$.lines").value(3))
                .andExpect(jsonPath("$.invoicesWithoutCustomer").value(1))
                .andExpect(jsonPath("$.linesWithoutCustomer").value(1))
                .andExpect(jsonPath("$.cancelled").value(1));

        assertThat(BUS.records())
                .extracting(r -> r.path("key").asString())
                .containsExactly("17850", "C8");
        assertThat(BUS.records().get(0).at("/value/lines").size()).isEqualTo(2);
    }

    @Test
    void a_file_can_be_uploaded_as_a_form() throws Exception {
        http.perform(multipart("/orders/import").file("file", CSV.getBytes()))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.invoices").value(2));
    }

    @Test
    void a_bad_line_anywhere_sends_nothing() throws Exception {
        imported(CSV + "9,A,LAMP,many,2010-12-01 08:26:00,2.50,1,France\n")
                .andExpect(status().isUnprocessableContent())
                .andExpect(jsonPath("$.line").value(5));

        assertThat(BUS.records()).isEmpty();
    }

    @Test
    void a_file_above_eight_mebibytes_is_refused() throws Exception {
        imported("x".repeat((8 << 20) + 1)).andExpect(status().isContentTooLarge());
    }

    @Test
    void an_import_without_the_bus_says_how_far_it_came() throws Exception {
        BUS.refuse(true);

        imported(CSV)
                .andExpect(status().isServiceUnavailable())
                .andExpect(jsonPath("$.stored").value(0));
    }

    @Test
    void producers_are_switched_one_by_one() throws Exception {
        http.perform(
                        put("/producers/inventory")
                                .contentType(MediaType.APPLICATION_JSON)
                                .content("{\"perSecond\":0.1,\"running\":true}"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.running").value(true));
        http.perform(post("/producers/stop")).andExpect(status().isOk());
        http.perform(get("/stats"))
                .andExpect(jsonPath("$.connected").value(true))
                .andExpect(jsonPath("$.producers[1].running").value(false))
                .andExpect(jsonPath("$.producers[1].perSecond").value(0.1));
        http.perform(put("/producers/nobody").contentType(MediaType.APPLICATION_JSON).content("{}"))
                .andExpect(status().isNotFound());
    }

    @Test
    void the_page_and_the_api_description_are_served() throws Exception {
        http.perform(get("/sample.css")).andExpect(status().isOk());
        http.perform(get("/shop.js")).andExpect(status().isOk());
        http.perform(get("/v3/api-docs"))
                .andExpect(jsonPath("$.paths['/orders'].post.responses['201']").exists())
                .andExpect(jsonPath("$.paths['/orders/import'].post").exists());
        List<String> paths = new ArrayList<>(List.of("/", "/swagger-ui/index.html"));
        for (String path : paths) {
            http.perform(get(path)).andExpect(status().isOk());
        }
    }

    private ResultActions order(String json) throws Exception {
        return http.perform(post("/orders").contentType(MediaType.APPLICATION_JSON).content(json));
    }

    private ResultActions imported(String csv) throws Exception {
        return http.perform(post("/orders/import").contentType("text/csv").content(csv));
    }
}
