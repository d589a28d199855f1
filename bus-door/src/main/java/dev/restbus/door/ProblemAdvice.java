package dev.restbus.door;

import dev.restbus.api.ProblemCode;

/** What a caller can do about each problem; a missing entry does not compile. */
final class ProblemAdvice {

    private ProblemAdvice() {}

    static String of(ProblemCode code) {
        return switch (code) {
            case MALFORMED_JSON ->
                    "Check the body with a JSON linter; the detail names line and column. In a"
                            + " shell, put the JSON in single quotes.";
            case WRONG_TYPE ->
                    "The pointer in errors[] names the member; send the JSON type that the API"
                            + " describes. Numbers stand without quotes.";
            case DUPLICATE_FIELD -> "Remove one of the two members that have the same name.";
            case MALFORMED_ENCODING ->
                    "Send UTF-8 without a byte order mark, and percent-encode UTF-8 bytes in the"
                            + " request line.";
            case MALFORMED_REQUEST ->
                    "The HTTP message itself is wrong; compare it with what curl -v sends.";
            case INVALID_PARAMETER ->
                    "errors[] names the parameter. Send it once and in the form that the detail"
                            + " shows.";
            case UNAUTHORIZED ->
                    "Send Authorization: Bearer with the token of this node: the value of BUS_TOKEN"
                            + " or the content of its token file.";
            case FORBIDDEN ->
                    "The node serves loopback only. Call it as 127.0.0.1 or localhost, or start it"
                            + " with bus.security=token to serve other machines.";
            case UNKNOWN_TOPIC ->
                    "Create it with PUT /v1/topics/{topic}, or produce to it, which creates it too."
                            + " GET /v1/topics lists what exists.";
            case UNKNOWN_PARTITION -> "Partitions count from 0. GET /v1/topics/{topic} lists them.";
            case UNKNOWN_GROUP -> "GET /v1/groups lists the groups; a poll creates one.";
            case UNKNOWN_MEMBER ->
                    "The member left or its session expired. Poll or join again to get a new"
                            + " assignment.";
            case NOT_FOUND -> "Check the path; /swagger-ui.html shows what there is.";
            case METHOD_NOT_ALLOWED -> "Use one of the methods in the Allow header.";
            case NOT_ACCEPTABLE -> "Send Accept: application/json, or no Accept header.";
            case BODY_TIMEOUT ->
                    "Send the whole request faster; a large body must keep a minimal pace. Nothing"
                            + " was stored.";
            case TOPIC_EXISTS ->
                    "The topic has another number of partitions or replicas or another"
                            + " configuration. PATCH changes it; GET shows what it is.";
            case STALE_MEMBER_EPOCH ->
                    "Another member owns the partition now. Drop its records and poll again.";
            case FENCED_INSTANCE ->
                    "Two members run with one instance id. Stop one, or give it an id of its own.";
            case GROUP_NOT_EMPTY -> "Stop the members, wait for their sessions to end, try again.";
            case NO_COMMITTED_OFFSET ->
                    "Commit an offset first, or poll with autoOffsetReset=earliest or latest.";
            case OUT_OF_ORDER_SEQUENCE ->
                    "Send the batch that begins with expectedSequence first, then this one again. A"
                            + " batch older than the producer's last five was stored long ago.";
            case FENCED_PRODUCER ->
                    "Another one took over this producer id. Stop, or ask for an id of your own.";
            case IDEMPOTENCY_KEY_IN_PROGRESS ->
                    "The first request with this key still waits. Repeat after Retry-After; the"
                            + " answer is then that of the first.";
            case IDEMPOTENCY_KEY_REUSED ->
                    "A key stands for one request: its body, its parameters and its headers. Use a"
                            + " new key for a new request.";
            case EXPIRED -> "It does not come back. Begin again without it.";
            case RECORD_TOO_LARGE ->
                    "Make the record smaller, or raise max.message.bytes of the topic.";
            case BODY_TOO_LARGE -> "Split the request into several.";
            case BATCH_TOO_LARGE -> "Send fewer records in one request.";
            case URI_TOO_LONG -> "Shorten the path and the query; long values belong in the body.";
            case UNSUPPORTED_MEDIA_TYPE -> "Send Content-Type: application/json, or none.";
            case UNSUPPORTED_ENCODING -> "Send the body uncompressed, without Content-Encoding.";
            case OFFSET_OUT_OF_RANGE ->
                    "The document holds the bounds of the log. Read from one of them, or with"
                            + " offset=earliest or latest.";
            case UNKNOWN_RECORD ->
                    "The topic is compacted, and the record's key has a newer record, or was"
                            + " deleted. Read the partition from this offset on.";
            case INVALID_NAME -> "Use 1 to 249 of A-Z a-z 0-9 . _ - and neither . nor .. alone.";
            case INVALID_VALUE -> "errors[] names the member or parameter and its range.";
            case INVALID_BATCH ->
                    "Send whole batches of Kafka's format v2, uncompressed or as gzip, lz4 or zstd,"
                            + " from a producer without transactions; the detail says what is wrong"
                            + " with which.";
            case MISSING_FIELD -> "Add the member that errors[] points to.";
            case UNKNOWN_FIELD ->
                    "Remove or rename the member that errors[] points to; the detail lists the"
                            + " known ones.";
            case UNKNOWN_PARAMETER ->
                    "Remove or rename the query parameter; the detail lists the known ones.";
            case INVALID_CONFIG -> "Correct the configuration key or value that errors[] names.";
            case NOT_ENOUGH_BROKERS ->
                    "Ask for fewer replicas, or start more brokers. GET /v1/cluster counts them.";
            case WOULD_REMAP_KEYS ->
                    "Records of one key would move to another partition. Send acceptKeyRemap: true"
                            + " if that is fine.";
            case OFFSET_BEYOND_LOG_END -> "Commit at most the log end: the next offset to read.";
            case WAIT_TOO_LONG -> "Wait at most 30 s a call, and call again.";
            case ASSIGNOR_MISMATCH ->
                    "The first member decides the assignor. Use the same one, or empty the group.";
            case HEADERS_TOO_LARGE -> "Send fewer or shorter headers.";
            case TOO_MANY_PARKED -> "Wait for Retry-After; use fewer waiting calls at a time.";
            case BACKPRESSURE -> "Wait for Retry-After, then send the same again.";
            case INTERNAL ->
                    "It is a fault of the node. Its log has the trace under the traceId of the"
                            + " document.";
            case CORRUPT_RECORD ->
                    "Stored bytes are damaged. Run ./bus check on the data folder; read on after"
                            + " the record.";
            case CONTROL_PLANE_FROZEN ->
                    "The coordinator's journal takes no writes; produce, read and commit go on."
                            + " Look at its disk or database.";
            case REPLICA_FENCED ->
                    "The disk of the replica failed. Look at the log of the node; it needs a"
                            + " restart after the repair.";
            case SHUTTING_DOWN -> "Call another node, or this one again when it is back.";
            case OUTCOME_UNKNOWN ->
                    "Repeat with the same Idempotency-Key, or read back before you repeat.";
            case DISK_FULL -> "Free space or shorten the retention; nothing was stored.";
            case EXPECTATION_FAILED -> "The only expectation that is met is 100-continue.";
            case NOT_IMPLEMENTED ->
                    "Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, and no transfer coding but"
                            + " chunked.";
            case UNSUPPORTED_HTTP_VERSION -> "Send HTTP/1.1 or HTTP/1.0.";
        };
    }
}
