package dev.restbus.sample.gps.replay;

import dev.restbus.client.spring.BusClientProperties;
import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fix.FixTopic;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * Sends fixes as records that bear the time of the fix. Records of the Java client bear the time of
 * the bus, so this makes the HTTP call itself. Repeats nothing. Safe for any number of threads.
 */
@Component
class StampedSender {

    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(35);

    private final RestClient http;
    private final FixTopic topic;

    StampedSender(BusClientProperties bus, FixTopic topic) {
        HttpClient client = HttpClient.newBuilder().connectTimeout(bus.connectTimeout()).build();
        JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(client);
        requests.setReadTimeout(ANSWER_TIMEOUT);
        RestClient.Builder builder =
                RestClient.builder().baseUrl(bus.url()).requestFactory(requests);
        String token = bus.token();
        if (token != null && !token.isBlank()) {
            builder.defaultHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token);
        }
        this.http = builder.build();
        this.topic = topic;
    }

    /**
     * Sends the fixes in their order, keyed by cab.
     *
     * @throws RestClientException if they are not, or not certainly, all stored
     * @throws dev.restbus.client.BusClientException if the topic cannot be created
     */
    void send(List<Fix> fixes) {
        topic.ensure();
        ResponseEntity<Void> answer =
                http.post()
                        .uri("/v1/topics/{topic}/records", FixTopic.NAME)
                        .header("Prefer", "return=minimal")
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(Map.of("records", fixes.stream().map(StampedSender::record).toList()))
                        .retrieve()
                        .toBodilessEntity();
        if (!answer.getStatusCode().isSameCodeAs(HttpStatus.CREATED)) {
            throw new RestClientException("the bus stored only a part of the fixes");
        }
    }

    private static Map<String, Object> record(Fix fix) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("key", fix.cab());
        record.put("timestamp", fix.at());
        record.put("value", fix);
        return record;
    }
}
