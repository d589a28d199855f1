package dev.restbus.sample.notification.failed;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** Failed messages over REST. */
@RestController
@Tag(name = "Failed messages")
class FailedController {

    private final FailedMessages messages;

    FailedController(FailedMessages messages) {
        this.messages = messages;
    }

    @GetMapping("/failed")
    @Operation(operationId = "failedMessages", summary = "The newest 50 failed messages")
    List<FailedMessage> newest() {
        return messages.newest();
    }

    @GetMapping("/failed/{id}")
    @Operation(operationId = "failedMessage", summary = "One failed message")
    @ApiResponse(responseCode = "404", description = "There is none of this id")
    FailedMessage get(@PathVariable String id) {
        return messages.get(id);
    }

    @PostMapping("/failed/{id}/send-back")
    @Operation(
            operationId = "sendBack",
            summary = "Send it back to where it came from, corrected",
            description = "Sending it back twice sends one copy.")
    @ApiResponse(responseCode = "200", description = "Its copy is on the bus")
    @ApiResponse(responseCode = "404", description = "There is none of this id")
    FailedMessages.SentBack sendBack(
            @PathVariable String id, @RequestBody(required = false) @Nullable Correction body) {
        return messages.sendBack(id, body == null ? null : body.value());
    }

    /**
     * What to correct.
     *
     * @param value the whole new value; without it the message goes back as it is
     */
    record Correction(@Nullable JsonNode value) {}
}
