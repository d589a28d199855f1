package dev.restbus.sample.ecommerce.order;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import java.net.URI;
import java.util.List;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Orders over REST. */
@RestController
@Tag(name = "Orders")
class OrderController {

    private final OrderDesk desk;

    OrderController(OrderDesk desk) {
        this.desk = desk;
    }

    @PostMapping("/orders")
    @Operation(operationId = "placeOrder", summary = "Place an order")
    @ApiResponse(responseCode = "201", description = "The bus has the order")
    @ApiResponse(responseCode = "422", description = "The order is not valid")
    @ApiResponse(responseCode = "503", description = "The bus did not take it; try again")
    ResponseEntity<OrderDesk.AcceptedOrder> place(@Valid @RequestBody PlaceOrder wish) {
        OrderDesk.AcceptedOrder order = desk.place(wish);
        return ResponseEntity.created(URI.create("/orders#" + order.orderId())).body(order);
    }

    @GetMapping("/orders")
    @Operation(operationId = "recentOrders", summary = "The newest 50 orders of this process")
    List<OrderDesk.AcceptedOrder> recent() {
        return desk.recent();
    }
}
