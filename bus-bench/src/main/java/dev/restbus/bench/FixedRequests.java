package dev.restbus.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Requests that were prepared, the next one of each connection in turn. One thread. */
final class FixedRequests implements Requests {

    private final List<byte[]> requests;
    private final int status;
    private final int leastAnswerBytes;
    private final int step;
    private int next;

    private FixedRequests(List<byte[]> requests, int status, int leastAnswerBytes, int step) {
        this.requests = requests;
        this.status = status;
        this.leastAnswerBytes = leastAnswerBytes;
        this.step = step;
    }

    /** One and the same, answered 201. */
    static FixedRequests of(byte[] request) {
        return new FixedRequests(List.of(request), 201, 0, 0);
    }

    /** All of them in turn, whichever connection is free. */
    static FixedRequests inTurn(List<byte[]> requests, int status, int leastAnswerBytes) {
        return new FixedRequests(List.copyOf(requests), status, leastAnswerBytes, 1);
    }

    /** To each connection its own. */
    static FixedRequests ofConnections(List<byte[]> requests, int status, int leastAnswerBytes) {
        return new FixedRequests(List.copyOf(requests), status, leastAnswerBytes, 0);
    }

    /** A request's bytes; the length of a body is its own header. */
    static byte[] bytes(String method, String path, String headers, byte[] body) {
        String length = body.length == 0 ? "" : "Content-Length: " + body.length + "\r\n";
        byte[] head =
                "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n"
                        .formatted(method, path, headers, length)
                        .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(head.length + body.length).put(head).put(body).array();
    }

    @Override
    public int sizeBytes() {
        return requests.stream().mapToInt(request -> request.length).max().orElseThrow();
    }

    @Override
    public void writeTo(ByteBuffer target, int connection) {
        target.put(requests.get((step == 0 ? connection : next++) % requests.size()));
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public int leastAnswerBytes() {
        return leastAnswerBytes;
    }
}
