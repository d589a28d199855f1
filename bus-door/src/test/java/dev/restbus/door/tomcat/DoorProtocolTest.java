package dev.restbus.door.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.coyote.AbstractProcessor;
import org.junit.jupiter.api.Test;

class DoorProtocolTest {

    /** What Tomcat sets when it times a request out. */
    private static final long TIMED_OUT = -1;

    private final AbstractProcessor processor =
            (AbstractProcessor) new DoorProtocol().createProcessor();

    /** Under load one request in some millions was answered 503 by that of the request before. */
    @Test
    void aProcessorWhoseRequestIsOverIsNotTimedOut() {
        processor.setAsyncTimeout(0);
        processor.timeoutAsync(System.currentTimeMillis());
        assertThat(processor.getAsyncTimeout()).isZero();
    }

    @Test
    void aStopTimesOutWhateverWaits() {
        processor.setAsyncTimeout(0);
        processor.timeoutAsync(TIMED_OUT);
        assertThat(processor.getAsyncTimeout()).isEqualTo(TIMED_OUT);
    }
}
