package dev.restbus.api;

import java.util.Locale;

/**
 * Every kind of failure a client can see, in one table: wire code, status, whether a repeat of the
 * same request can succeed, and the title. The page {@code /problems/<code>} is made from it.
 */
public enum ProblemCode {
    // 400: the bytes or the syntax
    MALFORMED_JSON(400, false, "The body is not valid JSON"),
    WRONG_TYPE(400, false, "A member has the wrong JSON type"),
    DUPLICATE_FIELD(400, false, "A JSON object names a member twice"),
    MALFORMED_ENCODING(400, false, "The bytes are not in the expected encoding"),
    MALFORMED_REQUEST(400, false, "The HTTP request cannot be parsed"),
    INVALID_PARAMETER(400, false, "A parameter cannot be parsed"),
    // 401, 403: who asks
    UNAUTHORIZED(401, false, "A valid bearer token is required"),
    FORBIDDEN(403, false, "The request is not allowed"),
    // 404: what is asked for
    UNKNOWN_TOPIC(404, false, "The topic does not exist"),
    UNKNOWN_PARTITION(404, false, "The topic has no such partition"),
    UNKNOWN_RECORD(404, false, "Compaction removed the record"),
    UNKNOWN_GROUP(404, false, "The consumer group does not exist"),
    UNKNOWN_MEMBER(404, false, "The group has no such member"),
    NOT_FOUND(404, false, "There is nothing at this path"),
    METHOD_NOT_ALLOWED(405, false, "The path does not support this method"),
    NOT_ACCEPTABLE(406, false, "None of the accepted media types can be produced"),
    BODY_TIMEOUT(408, true, "The request did not arrive in time"),
    // 409: the state has moved on
    TOPIC_EXISTS(409, false, "The topic exists with another shape"),
    STALE_MEMBER_EPOCH(409, false, "The member no longer owns the partition"),
    FENCED_INSTANCE(409, false, "Another member took over this instance id"),
    GROUP_NOT_EMPTY(409, true, "The group has live members"),
    NO_COMMITTED_OFFSET(409, false, "The group has no committed offset and may not reset"),
    OUT_OF_ORDER_SEQUENCE(409, false, "Another batch of the producer has to come first"),
    FENCED_PRODUCER(409, false, "The producer has a newer epoch"),
    IDEMPOTENCY_KEY_IN_PROGRESS(409, true, "A request with this key is still running"),
    EXPIRED(410, false, "What the request names is no longer valid"),
    // 411-431: limits of HTTP
    RECORD_TOO_LARGE(413, false, "A record is larger than allowed"),
    BODY_TOO_LARGE(413, false, "The body is larger than allowed"),
    BATCH_TOO_LARGE(413, false, "The request holds too many records"),
    URI_TOO_LONG(414, false, "The request line is too long"),
    UNSUPPORTED_MEDIA_TYPE(415, false, "The media type of the body is not supported here"),
    UNSUPPORTED_ENCODING(415, false, "The content encoding of the body is not supported"),
    OFFSET_OUT_OF_RANGE(416, false, "The offset is outside the log"),
    EXPECTATION_FAILED(417, false, "The expectation cannot be met"),
    // 422: well-formed, but not allowed
    INVALID_NAME(422, false, "The name is not allowed"),
    INVALID_VALUE(422, false, "A value is outside its range"),
    MISSING_FIELD(422, false, "A required member is missing"),
    INVALID_BATCH(422, false, "A record batch is not valid"),
    UNKNOWN_FIELD(422, false, "The body has a member that is not known here"),
    UNKNOWN_PARAMETER(422, false, "The query has a parameter that is not known here"),
    INVALID_CONFIG(422, false, "A configuration key or value is not allowed"),
    NOT_ENOUGH_BROKERS(422, false, "There are fewer brokers than replicas asked for"),
    WOULD_REMAP_KEYS(422, false, "More partitions would move keys to other partitions"),
    OFFSET_BEYOND_LOG_END(422, false, "The offset is beyond the end of the log"),
    WAIT_TOO_LONG(422, false, "The wait is longer than allowed"),
    ASSIGNOR_MISMATCH(422, false, "The group uses another assignor"),
    IDEMPOTENCY_KEY_REUSED(422, false, "The key was used with another request"),
    HEADERS_TOO_LARGE(431, false, "The request headers are too large"),
    // 429: limits a caller can wait out
    TOO_MANY_PARKED(429, true, "Too many requests are waiting"),
    BACKPRESSURE(429, true, "The disk is behind; try again shortly"),
    // 5xx
    INTERNAL(500, false, "The broker failed"),
    CORRUPT_RECORD(500, false, "The stored record is damaged"),
    NOT_IMPLEMENTED(501, false, "The method or transfer coding is not implemented"),
    CONTROL_PLANE_FROZEN(503, true, "The coordinator cannot write its journal"),
    REPLICA_FENCED(503, true, "The replica stopped after a disk error"),
    SHUTTING_DOWN(503, true, "The node is shutting down"),
    OUTCOME_UNKNOWN(504, true, "Stored, but not confirmed in time"),
    UNSUPPORTED_HTTP_VERSION(505, false, "The HTTP version is not supported"),
    DISK_FULL(507, true, "The disk is full");

    private final int status;
    private final boolean retryable;
    private final String title;
    private final String wireName;

    ProblemCode(int status, boolean retryable, String title) {
        this.status = status;
        this.retryable = retryable;
        this.title = title;
        this.wireName = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The HTTP status, 400 to 599. */
    public int status() {
        return status;
    }

    /** Whether the very same request can succeed later. */
    public boolean retryable() {
        return retryable;
    }

    public String title() {
        return title;
    }

    /** The code as it stands on the wire, {@code unknown-topic} say. */
    public String wireName() {
        return wireName;
    }

    /** A problem of this kind. */
    public Problem problem(String detail) {
        return Problem.of(this, detail);
    }

    /** A failure of this kind. */
    public BusException exception(String detail) {
        return problem(detail).asException();
    }

    /** A failure of this kind with one place at fault. */
    public BusException exceptionAt(String pointer, String detail) {
        return Problem.at(this, pointer, detail).asException();
    }
}
