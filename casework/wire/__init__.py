"""Messages of `tocsin.casework.v1`: the only translator between the model of casework and protobuf."""
