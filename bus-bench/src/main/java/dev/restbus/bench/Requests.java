package dev.restbus.bench;

import java.nio.ByteBuffer;

/** The requests of one run, whole and ready to send, and what to expect of their answers. */
interface Requests {

    /** Bytes of the longest request. */
    int sizeBytes();

    /**
     * Writes the next request of a connection into {@code target}, which has room for it.
     *
     * @param connection its number, from 0
     */
    void writeTo(ByteBuffer target, int connection);

    /** The status of an answer that counts. */
    default int status() {
        return 201;
    }

    /** Shorter answers do not count: the poll of a member that has no partition yet is one. */
    default int leastAnswerBytes() {
        return 0;
    }
}
