package dev.restbus.broker.http;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.http.ProduceRoutes.Request;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.door.Exchange;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * CloudEvents 1.0 over HTTP, stored as the Kafka binding has them: in binary mode the data is the
 * value and attributes are {@code ce_} headers; an event in JSON is the value as it came. A batch
 * is one record an event. Stateless.
 *
 * @see <a
 *     href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md">CloudEvents
 *     Kafka binding</a>
 */
final class CloudEvents {

    private static final String HTTP_PREFIX = "ce-";
    private static final String FAMILY = "application/cloudevents";
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCH = "application/cloudevents-batch+json";

    private CloudEvents() {}

    /** Whether the request says that it is an event, in whichever mode. */
    static boolean isEvent(Exchange exchange) {
        String mediaType = exchange.mediaType();
        if (mediaType != null && mediaType.startsWith(FAMILY)) {
            return true;
        }
        boolean[] found = new boolean[1];
        exchange.headers(HTTP_PREFIX, (name, value) -> found[0] = true);
        return found[0];
    }

    /**
     * The event or events as a produce.
     *
     * @param key the caller's own, which wins over the event's; or null
     * @param partition the caller's own, or {@link RecordDraft#ANY_PARTITION}
     * @throws dev.restbus.api.BusException 415 {@code unsupported-media-type} for a format other
     *     than JSON; 400 and 422 for what is not an event, now or when the draft is filled
     */
    static Request request(Exchange exchange, @Nullable String key, int partition) {
        String mediaType = exchange.mediaType();
        if (mediaType == null || !mediaType.startsWith(FAMILY)) {
            return binary(exchange, key, partition);
        }
        return switch (mediaType) {
            case STRUCTURED -> structured(exchange, key, partition);
            case BATCH -> batch(exchange, key, partition);
            default ->
                    throw ProblemCode.UNSUPPORTED_MEDIA_TYPE.exceptionAt(
                            "Content-Type",
                            "events are taken as "
                                    + STRUCTURED
                                    + " or "
                                    + BATCH
                                    + ", not as "
                                    + mediaType);
        };
    }

    private static Request binary(Exchange exchange, @Nullable String key, int partition) {
        CloudEventAttributes attributes = new CloudEventAttributes(name -> HTTP_PREFIX + name);
        exchange.headers(
                HTTP_PREFIX,
                (name, value) -> {
                    String own = name.substring(HTTP_PREFIX.length()).toLowerCase(Locale.ROOT);
                    if (own.equals("datacontenttype")) {
                        throw ProblemCode.INVALID_VALUE.exceptionAt(
                                name, "the type of the data is Content-Type");
                    }
                    attributes.put(own, CloudEventText.decode(name, value));
                });
        attributes.requireValid();
        RecordHeaders headers = new RecordHeaders();
        boolean json = typeOf(exchange, headers);
        attributes.addTo(headers);
        ProduceRoutes.collectHeaders(exchange, headers);
        Slice recordKey = keyOf(key, attributes.partitionKey());
        return new Request(
                exchange.variable("topic"),
                "",
                draft ->
                        draft.add(
                                partition,
                                RecordDraft.NO_TIMESTAMP,
                                recordKey,
                                exchange.body(),
                                headers),
                json,
                ProduceAnswers::one);
    }

    /** As it was declared, and nothing where nothing was: the attribute is the sender's. */
    private static boolean typeOf(Exchange exchange, RecordHeaders headers) {
        String mediaType = exchange.mediaType();
        if (mediaType == null) {
            return JsonValues.isValid(exchange.body());
        }
        if (RecordJson.ValueKind.isJson(mediaType)) {
            JsonValues.require(exchange.body(), "");
        }
        headers.add(RecordHeaders.CONTENT_TYPE, declaredType(exchange, mediaType));
        return false;
    }

    private static Request structured(Exchange exchange, @Nullable String key, int partition) {
        RecordHeaders headers = new RecordHeaders();
        headers.add(RecordHeaders.CONTENT_TYPE, declaredType(exchange, STRUCTURED));
        ProduceRoutes.collectHeaders(exchange, headers);
        return new Request(
                exchange.variable("topic"),
                "",
                draft ->
                        CloudEventJson.readOne(
                                exchange.body(),
                                (json, own) ->
                                        draft.add(
                                                partition,
                                                RecordDraft.NO_TIMESTAMP,
                                                keyOf(key, own),
                                                exchange.body(),
                                                headers)),
                false,
                ProduceAnswers::one);
    }

    private static Request batch(Exchange exchange, @Nullable String key, int partition) {
        RecordHeaders headers = new RecordHeaders();
        headers.add(RecordHeaders.CONTENT_TYPE, STRUCTURED);
        ProduceRoutes.collectHeaders(exchange, headers);
        return new Request(
                exchange.variable("topic"),
                "/",
                draft ->
                        CloudEventJson.readBatch(
                                exchange.body(),
                                (json, own) ->
                                        draft.add(
                                                partition,
                                                RecordDraft.NO_TIMESTAMP,
                                                keyOf(key, own),
                                                json,
                                                headers)),
                false,
                ProduceRoutes.manyAnswer(exchange));
    }

    private static String declaredType(Exchange exchange, String otherwise) {
        String declared = exchange.contentType();
        return declared == null ? otherwise : declared;
    }

    private static @Nullable Slice keyOf(@Nullable String asked, @Nullable String own) {
        String key = asked == null ? own : asked;
        return key == null ? null : Slice.utf8(key);
    }

    /** Whether the record is an event in binary mode, whoever wrote it. */
    static boolean isStored(RecordReader record) {
        return record.header(CloudEventAttributes.STORED_PREFIX + "specversion") != null;
    }
}
