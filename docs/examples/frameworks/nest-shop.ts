/** A shop on NestJS: one provider holds the books, and is closed with the application. */
import "reflect-metadata";
import {
  Body,
  ConflictException,
  Controller,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnModuleDestroy,
  type OnModuleInit,
  Post,
} from "@nestjs/common";
import { connect, NeedsConfirmation, type Puntual, type Settings } from "puntual";
import { type Member, signUp } from "../sign-up.ts";

const SETTINGS = Symbol("the settings of Puntual");

@Injectable()
export class Billing implements OnModuleInit, OnModuleDestroy {
  puntual!: Puntual;
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  async onModuleInit(): Promise<void> {
    this.puntual = await connect(this.settings);
  }

  async onModuleDestroy(): Promise<void> {
    await this.puntual.close();
  }
}

@Controller("members")
class Members {
  constructor(@Inject(Billing) private readonly billing: Billing) {}

  @Post()
  async add(@Body() member: Member): Promise<{ readonly subscriptionId: string }> {
    try {
      return await signUp(this.billing.puntual, member);
    } catch (error) {
      if (!(error instanceof NeedsConfirmation)) throw error;
      throw new ConflictException("there is a member of this e-mail and phone");
    }
  }
}

@Module({})
export class Shop {
  static on(settings: Settings): DynamicModule {
    return {
      module: Shop,
      controllers: [Members],
      providers: [Billing, { provide: SETTINGS, useValue: settings }],
      exports: [Billing],
    };
  }
}
