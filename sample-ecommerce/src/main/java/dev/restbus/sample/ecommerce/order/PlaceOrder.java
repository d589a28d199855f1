package dev.restbus.sample.ecommerce.order;

import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Email;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A customer's wish. */
record PlaceOrder(
        @Schema(example = "17850") @NotBlank @Size(max = 100) String customer,
        @Schema(example = "ann@example.com") @Email @Size(max = 200) @Nullable String email,
        @Schema(example = "United Kingdom") @Size(max = 100) @Nullable String country,
        @NotEmpty @Size(max = 1_000) List<@Valid Item> lines) {

    /** One article of it. */
    record Item(
            @Schema(example = "85123A") @NotBlank @Size(max = 50) String sku,
            @Schema(example = "White hanging heart T-light holder") @Size(max = 200)
                    @Nullable String description,
            @Schema(example = "6") @Min(1) @Max(1_000_000) int quantity,
            @Schema(example = "2.55") @NotNull @PositiveOrZero BigDecimal unitPrice) {}
}
