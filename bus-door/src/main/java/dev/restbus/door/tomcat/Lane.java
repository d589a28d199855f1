package dev.restbus.door.tomcat;

/**
 * Serves requests on the thread that polls the connections, past the container: no other thread has
 * to be woken for them. Called by that one thread, which every connection needs, so it must never
 * wait.
 */
@FunctionalInterface
public interface Lane {

    /**
     * Serves what a connection has sent, if it is one whole request of a kind that this lane knows.
     *
     * @param request the bytes, from 0; reused after the call
     * @return false if the container is to serve it: nothing has been done yet
     */
    boolean take(byte[] request, int length, Caller caller);

    /** Who sent a request. Thread-safe. */
    interface Caller {

        /** The port of this node that it came to. */
        int localPort();

        /** How long its connection may be idle. */
        int keepAliveTimeoutMs();

        /**
         * Sends the whole answer, head and body; to be called once, in the call of {@link #take} or
         * later. A caller that is gone is no error.
         */
        void answer(byte[] bytes, int at, int length);
    }
}
